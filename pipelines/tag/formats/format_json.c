/* One JSON document of a file: what it is, what classified it, and what it shows. */
#include "pipelines/tag/formats/format.h"
#include "core/json_text.h"

#define DIGITS 6

static void
append_text (GString * out, const char *indent, const char *name, const char *text)
{
  g_string_append_printf (out, "%s\"%s\": ", indent, name);
  if (text)
    cnx_json_append_text (out, text);
  else
    g_string_append (out, "null");
  g_string_append (out, ",\n");
}

/* Not known, or without a meaning here, at 0 and below. */
static void
append_count (GString * out, const char *indent, const char *name, int count)
{
  if (count > 0)
    g_string_append_printf (out, "%s\"%s\": %d,\n", indent, name, count);
  else
    g_string_append_printf (out, "%s\"%s\": null,\n", indent, name);
}

static void
append_facts (GString * out, const CnxTagFacts * facts)
{
  append_text (out, "  ", "file", facts->file);
  append_text (out, "  ", "type", facts->is_picture ? "picture" : "video");
  append_count (out, "  ", "width", facts->width);
  append_count (out, "  ", "height", facts->height);
  g_string_append (out, "  \"frame_rate\": ");
  if (facts->fps_n > 0 && facts->fps_d > 0)
    cnx_json_append_number (out, (double) facts->fps_n / facts->fps_d, DIGITS);
  else
    g_string_append (out, "null");
  g_string_append (out, ",\n  \"duration\": ");
  if (facts->duration >= 0)
    cnx_json_append_number (out, facts->duration, DIGITS);
  else
    g_string_append (out, "null");
  g_string_append (out, ",\n");
  append_text (out, "  ", "container", facts->container);
  append_text (out, "  ", "codec", facts->codec);
}

static void
append_model (GString * out, const CnxTagModel * model)
{
  if (!model) {
    g_string_append (out, "  \"model\": null,\n");
    return;
  }
  g_string_append (out, "  \"model\": {\n");
  append_text (out, "    ", "name", model->name);
  append_text (out, "    ", "variant", model->variant);
  append_count (out, "    ", "classes", model->classes);
  append_count (out, "    ", "width", model->width);
  append_count (out, "    ", "height", model->height);
  append_text (out, "    ", "precision", model->precision);
  append_text (out, "    ", "device", model->device);
  g_string_truncate (out, out->len - 2);
  g_string_append (out, "\n  },\n");
}

static void
append_member (GString * out, const char *name, double value)
{
  g_string_append_printf (out, ", \"%s\": ", name);
  cnx_json_append_number (out, value, DIGITS);
}

/* The opening of the list's @i-th item, of the class @id. */
static void
begin_item (GString * out, guint i, int id, const char *label)
{
  g_string_append_printf (out, "%s    {\"id\": %d, \"label\": ", i ? ",\n" : "\n", id);
  cnx_json_append_text (out, label);
}

static void
append_summary (GString * out, const GArray * shares)
{
  g_string_append (out, "  \"summary\": [");
  for (guint i = 0; i < shares->len; i++) {
    const CnxShare *share = &g_array_index (shares, CnxShare, i);

    begin_item (out, i, share->id, share->label);
    append_member (out, "seconds", share->seconds);
    append_member (out, "share", share->share);
    append_member (out, "mean", share->mean);
    append_member (out, "peak", share->peak);
    g_string_append_c (out, '}');
  }
  g_string_append (out, shares->len ? "\n  ],\n" : "],\n");
}

static void
append_segments (GString * out, const GArray * segments)
{
  g_string_append (out, "  \"segments\": [");
  for (guint i = 0; i < segments->len; i++) {
    const CnxSegment *segment = &g_array_index (segments, CnxSegment, i);

    begin_item (out, i, segment->id, segment->label);
    append_member (out, "start", segment->start);
    append_member (out, "end", segment->end);
    append_member (out, "mean", segment->mean);
    append_member (out, "peak", segment->peak);
    g_string_append_c (out, '}');
  }
  g_string_append (out, segments->len ? "\n  ]\n" : "]\n");
}

static gboolean
json_end (GString * out, const CnxTagFacts * facts, const CnxTagReport * report, GError ** error)
{
  g_string_append (out, "{\n");
  append_facts (out, facts);
  append_model (out, facts->model);
  g_string_append_printf (out, "  \"classifications\": %" G_GUINT64_FORMAT ",\n", report->samples);
  g_string_append_printf (out, "  \"complete\": %s,\n", report->complete ? "true" : "false");
  append_summary (out, report->shares);
  append_segments (out, report->segments);
  g_string_append (out, "}\n");
  return TRUE;
}

const CnxTagFormat cnx_tag_json = {.name = "json",.extension = ".labels.json",.end = json_end };
