#include "gst-plugin/labels/labelfields.h"

#include <gobject/gvaluecollector.h>

void
cnx_label_fields_append (GValue * array, GType type, ...)
{
  GValue item = G_VALUE_INIT;
  char *error = NULL;
  va_list args;

  va_start (args, type);
  G_VALUE_COLLECT_INIT (&item, type, args, 0, &error);
  va_end (args);
  g_assert (!error);            /* only for types that no caller passes */
  gst_value_array_append_and_take_value (array, &item);
}

void
cnx_label_fields_write (GstStructure * s, const CnxMetaLabel * labels, guint n)
{
  GValue ids = G_VALUE_INIT, names = G_VALUE_INIT, confidences = G_VALUE_INIT;

  g_value_init (&ids, GST_TYPE_ARRAY);
  g_value_init (&names, GST_TYPE_ARRAY);
  g_value_init (&confidences, GST_TYPE_ARRAY);
  for (guint i = 0; i < n; i++) {
    cnx_label_fields_append (&ids, G_TYPE_INT, labels[i].id);
    cnx_label_fields_append (&names, G_TYPE_STRING, labels[i].label);
    cnx_label_fields_append (&confidences, G_TYPE_DOUBLE, labels[i].confidence);
  }
  gst_structure_take_value (s, "ids", &ids);
  gst_structure_take_value (s, "labels", &names);
  gst_structure_take_value (s, "confidences", &confidences);
}

gboolean
cnx_label_fields_read (const GstStructure * s, GArray * items)
{
  const GValue *ids = gst_structure_get_value (s, "ids");
  const GValue *names = gst_structure_get_value (s, "labels");
  const GValue *confidences = gst_structure_get_value (s, "confidences");

  if (!ids || !names || !confidences || !GST_VALUE_HOLDS_ARRAY (ids) || !GST_VALUE_HOLDS_ARRAY (names)
      || !GST_VALUE_HOLDS_ARRAY (confidences))
    return FALSE;
  const guint n = gst_value_array_get_size (ids);
  if (gst_value_array_get_size (names) != n || gst_value_array_get_size (confidences) != n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const GValue *id = gst_value_array_get_value (ids, i);
    const GValue *name = gst_value_array_get_value (names, i);
    const GValue *confidence = gst_value_array_get_value (confidences, i);
    if (!G_VALUE_HOLDS_INT (id) || !G_VALUE_HOLDS_STRING (name) || !G_VALUE_HOLDS_DOUBLE (confidence))
      return FALSE;
    const CnxMetaLabel item = { g_value_get_int (id), g_value_get_string (name), g_value_get_double (confidence) };
    g_array_append_val (items, item);
  }
  return TRUE;
}
