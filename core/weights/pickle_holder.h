/* Which of a pickle's dicts holds the weights. Part of pickle.c. */
#pragma once

#include "core/weights/pickle_values.h"

G_BEGIN_DECLS

/** Whether @value is a tensor, also one that is stored in a way that is not read. */
gboolean cnx_pickled_is_tensor (const CnxPickledValue * value);

/** The dict of tensors under one of the keys that trainings use, an average (EMA) before the others, there or one level
 * deeper; else the whole; else the only dict of tensors in it. Where the whole is a list or a tuple, the one dict in it
 * counts as the whole. NULL with @error set, which lists the keys, where there is none.
 * @others: gets the keys of other dicts of tensors beside it ("teacher"), escaped; none where it is an average, as what
 * that is one of lies beside it.
 * @steps: gets how many items were looked at, which is at most in proportion to the pickle's length; NULL. */
const CnxPickledValue *cnx_pickle_find_state_dict (const CnxPickle * pickle, GPtrArray * others, gsize * steps,
    GError ** error);

G_END_DECLS
