#include "gst-plugin/overlay/panel.h"
#include "gst-plugin/labels/labelmeta.h"

typedef struct
{
  GString *text;
  const CnxLooks *looks;
  gboolean name_models;         /* more than one classifier has something to say */
} TextBuilder;

static gboolean
count_labelled (const CnxMetaLabels * labels, gpointer user_data)
{
  guint *n = user_data;

  *n += labels->n > 0;
  return TRUE;
}

/* Starts a line with @text, which may be anything: a label is as its file or another element wrote it. */
static void
append_line (GString * markup, const char *before, const char *text, const char *after)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *escaped = g_markup_escape_text (g_strdelimit (valid, "\r\n\t", ' '), -1);

  g_string_append_printf (markup, "%s%s%s%s", markup->len ? "\n" : "", before, escaped, after);
}

static gboolean
append_labels (const CnxMetaLabels * labels, gpointer user_data)
{
  TextBuilder *builder = user_data;

  if (labels->n > 0 && builder->name_models && labels->model)
    append_line (builder->text, "<span size='smaller' alpha='75%'>", labels->model, "</span>");
  for (guint i = 0; i < MIN (labels->n, builder->looks->max_labels); i++) {
    append_line (builder->text, "", labels->labels[i].label, "");
    if (builder->looks->show_confidence)
      g_string_append_printf (builder->text, "  <span alpha='75%%'>%.0f %%</span>",
          labels->labels[i].confidence * 100);
  }
  return TRUE;
}

char *
cnx_panel_text (GstBuffer * buffer, const CnxLooks * looks)
{
  TextBuilder builder = { g_string_new (NULL), looks };
  guint labelled = 0;

  cnx_label_meta_foreach (buffer, count_labelled, &labelled);
  builder.name_models = labelled > 1;
  if (labelled > 0)
    cnx_label_meta_foreach (buffer, append_labels, &builder);
  return g_string_free (builder.text, FALSE);
}
