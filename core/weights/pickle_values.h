/* What the pickle's machine leaves behind: values in one array, linked by their places, freed as one. */
#pragma once

#include "core/weights/pickle_class.h"

G_BEGIN_DECLS

/* A place in CnxPickle's arrays; 0 is no cell, and the value that is of no interest. */
typedef guint32 CnxPickleIndex;

typedef enum
{
  CNX_PICKLED_OTHER,            /* None, a truth value, a float, bytes, an integer past 64 bits */
  CNX_PICKLED_OBJECT,           /* a set, or made by the class of CNX_PICKLE_INERT in `class` */
  CNX_PICKLED_INTEGER,
  CNX_PICKLED_TEXT,             /* not checked to be UTF-8 */
  CNX_PICKLED_TUPLE,
  CNX_PICKLED_LIST,
  CNX_PICKLED_DICT,             /* its items are key, value, key, value... */
  CNX_PICKLED_CLASS,
  CNX_PICKLED_STORAGE,          /* its items are those of CnxStorageItem, checked */
  CNX_PICKLED_TENSOR,           /* its items are those of CnxTensorItem, not checked but for their number */
} CnxPickledKind;

/* What torch.save() gives for a storage, and what torch._utils._rebuild_tensor_v2() takes. */
typedef enum
{
  CNX_STORAGE_TAG,              /* the text 'storage' */
  CNX_STORAGE_CLASS,
  CNX_STORAGE_KEY,
  CNX_STORAGE_DEVICE,
  CNX_STORAGE_COUNT,
  CNX_STORAGE_ITEMS,
} CnxStorageItem;

typedef enum
{
  CNX_TENSOR_STORAGE,
  CNX_TENSOR_OFFSET,
  CNX_TENSOR_DIMS,
  CNX_TENSOR_STRIDES,
  CNX_TENSOR_ITEMS = 6,         /* then whether it requires a gradient, and its hooks */
  CNX_TENSOR_DTYPE = 6,         /* where its storage has none; metadata may follow, or stand here */
} CnxTensorItem;

typedef struct
{
  CnxPickledKind kind;
  guint32 count;                /* of bytes of a text, of items of all that has items */
  union
  {
    gint64 integer;
    gsize text;                 /* where in the pickle its bytes are */
    const CnxPickleClass *class;
    struct
    {
      CnxPickleIndex first, last;       /* cells */
    } items;
  };
} CnxPickledValue;

typedef struct
{
  CnxPickleIndex value;
  CnxPickleIndex next;          /* cell, 0 after the last */
} CnxPickleCell;

typedef struct
{
  const guint8 *bytes;
  gsize length;
  const char *what;
  GArray *values;               /* CnxPickledValue */
  GArray *cells;                /* CnxPickleCell */
  CnxPickleIndex root;
} CnxPickle;

static inline const CnxPickledValue *
cnx_pickle_value (const CnxPickle * pickle, CnxPickleIndex index)
{
  return &g_array_index (pickle->values, CnxPickledValue, index);
}

static inline const CnxPickleCell *
cnx_pickle_cell (const CnxPickle * pickle, CnxPickleIndex index)
{
  return &g_array_index (pickle->cells, CnxPickleCell, index);
}

/** Item @i of @value, which has more than @i; takes time in proportion to @i. */
const CnxPickledValue *cnx_pickle_item (const CnxPickle * pickle, const CnxPickledValue * value,
    guint i);

gboolean cnx_pickle_text_is (const CnxPickle * pickle, const CnxPickledValue * value,
    const char *text);

G_END_DECLS
