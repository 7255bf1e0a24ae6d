/* A line for each classification, as it comes: JSON, or CSV with a line for each of its labels. */
#include "pipelines/tag/formats/format.h"
#include "core/json_text.h"

#include <math.h>
#include <string.h>

/* Microseconds, and more than a network's probability is good for. */
#define DIGITS 6

/* ---- jsonl ---- */

static void
jsonl_sample (GString * out, const CnxTagFacts * facts, const CnxTagSample * sample)
{
  g_string_append (out, "{\"file\": ");
  cnx_json_append_text (out, facts->file);
  g_string_append (out, ", \"time\": ");
  cnx_json_append_number (out, sample->time, DIGITS);
  g_string_append (out, ", \"frame\": ");
  if (sample->frame >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, sample->frame);
  else
    g_string_append (out, "null");
  g_string_append (out, ", \"labels\": [");
  for (guint i = 0; i < sample->n; i++) {
    const CnxMetaLabel *label = &sample->labels[i];

    g_string_append_printf (out, "%s{\"id\": %d, \"label\": ", i ? ", " : "", label->id);
    cnx_json_append_text (out, label->label ? label->label : "");
    g_string_append (out, ", \"confidence\": ");
    cnx_json_append_number (out, label->confidence, DIGITS);
    g_string_append_c (out, '}');
  }
  g_string_append (out, "]}\n");
}

const CnxTagFormat cnx_tag_jsonl = {.name = "jsonl",.extension = ".labels.jsonl",.sample = jsonl_sample };

/* ---- csv, by RFC 4180 ---- */

/* A field that begins with = + - or @ stays as it is, although a spreadsheet may take it for a formula: what is put
 * before it to prevent that is a wrong label for every other reader. The man page tells it. */
static void
append_field (GString * out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  if (!strpbrk (valid, ",\"\r\n")) {
    g_string_append (out, valid);
    return;
  }
  g_string_append_c (out, '"');
  for (const char *at = valid; *at; at++) {
    if (*at == '"')
      g_string_append_c (out, '"');
    g_string_append_c (out, *at);
  }
  g_string_append_c (out, '"');
}

static void
append_field_number (GString * out, double value)
{
  if (isfinite (value))
    cnx_json_append_number (out, value, DIGITS);
}

static void
csv_begin (GString * out, const CnxTagFacts * facts)
{
  g_string_append (out, "file,time,frame,rank,id,label,confidence\r\n");
}

static void
append_row (GString * out, const CnxTagFacts * facts, const CnxTagSample * sample, guint i)
{
  append_field (out, facts->file);
  g_string_append_c (out, ',');
  append_field_number (out, sample->time);
  g_string_append_c (out, ',');
  if (sample->frame >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, sample->frame);
  if (i >= sample->n) {
    g_string_append (out, ",,,,\r\n");
    return;
  }
  g_string_append_printf (out, ",%u,%d,", i + 1, sample->labels[i].id);
  append_field (out, sample->labels[i].label ? sample->labels[i].label : "");
  g_string_append_c (out, ',');
  append_field_number (out, sample->labels[i].confidence);
  g_string_append (out, "\r\n");
}

/* A classification without labels is a row without them: its time is not lost. */
static void
csv_sample (GString * out, const CnxTagFacts * facts, const CnxTagSample * sample)
{
  for (guint i = 0; i < MAX (sample->n, 1); i++)
    append_row (out, facts, sample, i);
}

const CnxTagFormat cnx_tag_csv = {.name = "csv",.extension = ".labels.csv",.begin = csv_begin,.sample = csv_sample };
