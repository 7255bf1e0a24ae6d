/* The classes and functions that a pickle of weights may name. None of them is ever called. */
#pragma once

#include "core/weights/tensor.h"

G_BEGIN_DECLS

typedef enum
{
  CNX_PICKLE_DICT,              /* made empty, whatever default it has */
  CNX_PICKLE_TENSOR,
  CNX_PICKLE_PARAMETER,         /* a tensor as its first argument */
  CNX_PICKLE_TYPED,             /* calls its first argument with its third, a tuple, for an object of its second */
  CNX_PICKLE_STORAGE,
  CNX_PICKLE_DTYPE,
  CNX_PICKLE_INERT,             /* stands for itself: its arguments are forgotten */
  CNX_PICKLE_ODD_TENSOR,        /* inert too: a tensor that is stored in a way that is not read */
} CnxPickleRole;

typedef struct
{
  const char *module;
  const char *name;
  CnxPickleRole role;
  CnxDtype dtype;               /* these three of a storage, NULL and 1 where the tensor says; and of a dtype */
  const char *dtype_name;
  int element_size;
  const char *advice;           /* what to tell of it in the place of a tensor, or NULL */
} CnxPickleClass;

/** The class if it is one of those that a file of weights needs, or that stand beside weights, or NULL with @advice
 * set: what to tell of it. */
const CnxPickleClass *cnx_pickle_class_find (const char *module, const char *name,
    const char **advice);

G_END_DECLS
