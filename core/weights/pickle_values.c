#include "core/weights/pickle_values.h"

#include <string.h>

const CnxPickledValue *
cnx_pickle_item (const CnxPickle * pickle, const CnxPickledValue * value, guint i)
{
  CnxPickleIndex cell = value->items.first;

  for (; i > 0; i--)
    cell = cnx_pickle_cell (pickle, cell)->next;
  return cnx_pickle_value (pickle, cnx_pickle_cell (pickle, cell)->value);
}

gboolean
cnx_pickle_text_is (const CnxPickle * pickle, const CnxPickledValue * value, const char *text)
{
  return value->kind == CNX_PICKLED_TEXT && value->count == strlen (text)
      && memcmp (pickle->bytes + value->text, text, value->count) == 0;
}
