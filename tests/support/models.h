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

G_END_DECLS
