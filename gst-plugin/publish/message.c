#include "gst-plugin/publish/message.h"

#include "core/json_text.h"
#include "core/time_text.h"

/* Nanoseconds, as pipelines count; and more than a network's probability is good for. */
#define TIME_DIGITS 9
#define DIGITS 6

static void
append_text (GString * out, const char *text)
{
  if (text && *text)
    cnx_json_append_text (out, text);
  else
    g_string_append (out, "null");
}

/* Years beyond 9999, which RFC 3339 does not have, are what no clock of ours says. */
static void
append_time (GString * out, gint64 time)
{
  g_autofree char *text = cnx_time_text (time, 6);

  append_text (out, text);
}

static void
append_label (GString * out, const CnxMetaLabel * label)
{
  g_string_append (out, "{\"id\": ");
  if (label->id >= 0)
    g_string_append_printf (out, "%d", label->id);
  else
    g_string_append (out, "null");
  g_string_append (out, ", \"label\": ");
  cnx_json_append_text (out, label->label ? label->label : "");
  g_string_append (out, ", \"confidence\": ");
  cnx_json_append_number (out, label->confidence, DIGITS);
  g_string_append_c (out, '}');
}

static void
append_labels (GString * out, const CnxMetaLabel * labels, guint n)
{
  g_string_append (out, "[");
  for (guint i = 0; i < n; i++) {
    g_string_append (out, i ? ", " : "");
    append_label (out, &labels[i]);
  }
  g_string_append_c (out, ']');
}

static void
append_region (GString * out, const CnxMetaRegion * region)
{
  const GstVideoRectangle *box = &region->box;

  g_string_append_printf (out, "{\"x\": %d, \"y\": %d, \"w\": %d, \"h\": %d, \"id\": ", box->x, box->y, box->w, box->h);
  if (region->id >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, region->id);
  else
    g_string_append (out, "null");
  g_string_append (out, ", \"class\": ");
  append_text (out, region->kind);
  g_string_append (out, ", \"labels\": ");
  append_labels (out, region->labels, region->n);
  g_string_append_c (out, '}');
}

static void
append_regions (GString * out, const CnxMetaLabels * labels)
{
  g_string_append (out, ", \"regions\": [");
  for (guint i = 0; i < labels->n_regions; i++) {
    g_string_append (out, i ? ", " : "");
    append_region (out, &labels->regions[i]);
  }
  g_string_append_c (out, ']');
}

static char *
make_line (const CnxMetaLabels * labels, gint64 time, gint64 frame, gsize * length)
{
  GString *out = g_string_new ("{\"stream\": ");

  append_text (out, labels->stream);
  if (labels->source && *labels->source) {
    g_string_append (out, ", \"source\": ");
    append_text (out, labels->source);
  }
  g_string_append (out, ", \"running-time\": ");
  if (GST_CLOCK_TIME_IS_VALID (labels->running_time))
    cnx_json_append_number (out, (double) labels->running_time / GST_SECOND, TIME_DIGITS);
  else
    g_string_append (out, "null");
  g_string_append (out, ", \"time\": ");
  append_time (out, time);
  if (frame >= 0)
    g_string_append_printf (out, ", \"frame\": %" G_GINT64_FORMAT, frame);
  else
    g_string_append (out, ", \"frame\": null");
  g_string_append (out, ", \"model\": ");
  append_text (out, labels->model);
  g_string_append (out, ", \"labels\": ");
  append_labels (out, labels->labels, labels->n);
  if (labels->regions)
    append_regions (out, labels);
  g_string_append (out, "}\n");
  *length = out->len;
  return g_string_free (out, FALSE);
}

CnxMessage *
cnx_message_new (const CnxMetaLabels * labels, gint64 time, gint64 frame)
{
  const gboolean is_named = labels->source && *labels->source;
  CnxMessage *message = g_new0 (CnxMessage, 1);

  message->line = make_line (labels, time, frame, &message->length);
  message->stream = g_strdup (is_named ? labels->source : labels->stream ? labels->stream : "");
  message->label = g_strdup (labels->n > 0 && labels->labels[0].label ? labels->labels[0].label : "");
  return message;
}

void
cnx_message_free (CnxMessage * message)
{
  g_free (message->line);
  g_free (message->stream);
  g_free (message->label);
  g_free (message);
}
