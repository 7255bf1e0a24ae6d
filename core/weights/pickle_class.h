/* The classes and functions that a pickle of weights may name. None of them is ever called. */
#pragma once

#include "core/weights/tensor.h"

G_BEGIN_DECLS

typedef enum
{
  CNX_PICKLE_ORDERED_DICT,
  CNX_PICKLE_TENSOR,
  CNX_PICKLE_PARAMETER,         /* a tensor as its first argument */
  CNX_PICKLE_STORAGE,
  CNX_PICKLE_INERT,             /* stands for itself: its arguments are forgotten */
} CnxPickleRole;

typedef struct
{
  const char *module;
  const char *name;
  CnxPickleRole role;
  CnxDtype dtype;               /* these three of a storage */
  const char *dtype_name;
  int element_size;
} CnxPickleClass;

/** The class if it is one of those that a file of weights needs, or NULL with @advice set: what to tell of it. */
const CnxPickleClass *cnx_pickle_class_find (const char *module, const char *name,
    const char **advice);

G_END_DECLS
