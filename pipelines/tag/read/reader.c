#include "pipelines/tag/read/reader.h"

#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/labels/labelmeta.h"

GstElement *
cnx_reader_add_classifier (const CnxReader * reader, GstElement * pipeline)
{
  const CnxEngineSettings *set = reader->settings;
  GstElement *element = g_object_new (GST_TYPE_CONVNEXT, "model", set->model, "variant", set->variant,
      "labels", set->labels, "recipe", set->recipe, "device", set->device, "threads", set->threads,
      "precision", set->precision, "batch", set->batch, "top-k", reader->top_k, "threshold", reader->threshold,
      NULL);
  g_autoptr (GstContext) context = cnx_engine_context (reader->engine);

  gst_util_set_object_arg (G_OBJECT (element), "mode", "every-frame");
  gst_element_set_context (pipeline, context);
  gst_bin_add (GST_BIN (pipeline), element);
  return element;
}

static gboolean
copy_labels (const CnxMetaLabels * labels, gpointer data)
{
  GArray *to = data;

  g_array_set_size (to, 0);
  g_array_append_vals (to, labels->labels, labels->n);
  return FALSE;
}

gboolean
cnx_reader_read_labels (const CnxReader * reader, GstBuffer * buffer, GArray * labels, CnxTagSample * sample)
{
  if (cnx_label_meta_foreach (buffer, copy_labels, labels) == 0)
    return FALSE;
  for (guint i = 0; i < labels->len; i++) {
    CnxMetaLabel *label = &g_array_index (labels, CnxMetaLabel, i);
    label->label = cnx_model_label (cnx_engine_model (reader->engine), label->id);
  }
  sample->n = labels->len;
  sample->labels = (const CnxMetaLabel *) labels->data;
  return TRUE;
}
