/* Small models of random weights that a test makes. */
#pragma once

#include "core/model/model.h"

G_BEGIN_DECLS

/** Random weights of @arch in a new folder, and @config in place of their config.json; NULL: none. As
 * cnx_test_make_dir(). */
char *cnx_test_make_model (const CnxArch * arch, const char *config);

/** The same of the smallest size, with three classes. */
char *cnx_test_make_small_model (const char *config);

/** The model at @path, which must load. Free with cnx_model_unref(). */
CnxModel *cnx_test_load_model (const char *path);

/** What belongs to no place of a picture in the logit of class @id: the classifier's bias, and through its weights the
 * final norm's. */
double cnx_test_logit_offset (CnxModel * model, int id);

G_END_DECLS
