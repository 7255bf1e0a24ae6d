/* `html`: a page for a browser, of one file: what it shows when, small pictures, and the file itself beside them. */
#include <math.h>

#include "core/json_text.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/html/html.h"
#include "pipelines/tag/formats/thumb.h"

/* Of the picture in the data, in pixels: the page of the folder shows many at once. */
#define DATA_THUMB_HEIGHT 96
#define MEDIA_POLICY "img-src data: file: 'self'; media-src file: 'self'"

/* What every part of a page is written from. */
typedef struct
{
  const CnxTagFacts *facts;
  const CnxTagReport *report;
  GHashTable *rows;             /* a label's id -> its index in the shares, plus 1 */
  char *url;                    /* of the file */
} Page;

static int
row_of (const Page * page, const CnxSegment * segment)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (page->rows, GINT_TO_POINTER (segment->id))) - 1;
}

/* ---- text ---- */

static void
append_percent (GString * out, double share)
{
  const int percent = (int) floor (CLAMP (share, 0, 1) * 100 + 0.5);

  if (percent == 0 && share > 0)
    g_string_append (out, "&lt;1%");
  else
    g_string_append_printf (out, "%d%%", percent);
}

static void
append_fact (GString * out, const char *fact)
{
  g_string_append (out, "<li>");
  cnx_html_append_text (out, fact);
  g_string_append (out, "</li>");
}

static void
append_rate (GString * out, const CnxTagFacts * facts)
{
  if (facts->fps_n <= 0 || facts->fps_d <= 0)
    return;
  g_string_append (out, "<li>");
  cnx_json_append_number (out, (double) facts->fps_n / facts->fps_d, 2);
  g_string_append (out, " frames a second</li>");
}

static char *
facts_html (const Page * page)
{
  const CnxTagFacts *facts = page->facts;
  GString *out = g_string_new (NULL);

  append_fact (out, facts->is_picture ? "Picture" : "Film");
  if (!facts->is_picture && facts->duration >= 0) {
    g_string_append (out, "<li>");
    cnx_html_append_clock (out, facts->duration, FALSE);
    g_string_append (out, "</li>");
  }
  if (facts->width > 0 && facts->height > 0)
    g_string_append_printf (out, "<li>%d × %d</li>", facts->width, facts->height);
  if (!facts->is_picture)
    append_rate (out, facts);
  if (facts->codec)
    append_fact (out, facts->codec);
  if (facts->container)
    append_fact (out, facts->container);
  if (!page->report->complete)
    g_string_append (out, "<li class=\"broken\">Broken off before the end</li>");
  return g_string_free (out, FALSE);
}

static char *
foot_html (const Page * page)
{
  const CnxTagModel *model = page->facts->model;
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "%" G_GUINT64_FORMAT " classification%s", page->report->samples,
      page->report->samples == 1 ? "" : "s");
  if (model) {
    g_string_append (out, " with <bdi>");
    cnx_html_append_text (out, model->name);
    g_string_append (out, "</bdi>");
    if (model->variant) {
      g_string_append (out, " (ConvNeXt ");
      cnx_html_append_text (out, model->variant);
      g_string_append_c (out, ')');
    }
    g_string_append_printf (out, ": %d labels, input of %d × %d pixels", model->classes, model->width,
        model->height);
  }
  if (model && model->precision) {
    g_string_append (out, ", in ");
    cnx_html_append_text (out, model->precision);
  }
  if (model && model->device) {
    g_string_append (out, " on ");
    cnx_html_append_text (out, model->device);
  }
  return g_string_free (out, FALSE);
}

/* ---- the file ---- */

static char *
stage_html (const Page * page)
{
  if (page->facts->is_picture)
    return g_strdup_printf ("<img id=\"picture\" src=\"%s\" alt=\"The picture\">", page->url);
  return g_strdup_printf ("<video id=\"video\" controls playsinline preload=\"metadata\" src=\"%s\"></video>",
      page->url);
}

/* ---- the contact sheet ---- */

/* What the film shows best at @time; NULL: nothing. */
static const CnxSegment *
segment_at (const Page * page, double time)
{
  const GArray *segments = page->report->segments;
  const CnxSegment *best = NULL;

  for (guint i = 0; i < segments->len; i++) {
    const CnxSegment *segment = &g_array_index (segments, CnxSegment, i);

    if (segment->start > time)
      break;
    if (time < segment->end && (!best || segment->mean > best->mean))
      best = segment;
  }
  return best;
}

static void
append_data_uri (GString * out, GBytes * jpeg)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (jpeg, &size);
  g_autofree char *text = g_base64_encode (data, size);

  g_string_append_printf (out, "data:image/jpeg;base64,%s", text);
}

/* The start of a link that leads into the film: without a script, the browser opens the film there. */
static void
append_jump (GString * out, const Page * page, double time)
{
  g_string_append_printf (out, "<a href=\"%s#t=", page->url);
  cnx_json_append_number (out, time, 3);
  g_string_append (out, "\" data-t=\"");
  cnx_json_append_number (out, time, 3);
  g_string_append (out, "\">");
}

static void
append_thumb (GString * out, const Page * page, const CnxTagThumb * thumb, gboolean tenths)
{
  const CnxSegment *segment = segment_at (page, thumb->time);

  g_string_append (out, "<li>");
  append_jump (out, page, thumb->time);
  g_string_append (out, "<img alt=\"\" src=\"");
  append_data_uri (out, thumb->jpeg);
  g_string_append_printf (out, "\" width=\"%d\" height=\"%d\"><span><time>", thumb->width, thumb->height);
  cnx_html_append_clock (out, thumb->time, tenths);
  g_string_append (out, "</time> <bdi>");
  if (segment)
    cnx_html_append_text (out, segment->label);
  g_string_append (out, "</bdi></span></a></li>\n");
}

static char *
sheet_html (const Page * page)
{
  const GArray *thumbs = page->report->thumbs;
  GString *out = g_string_new (NULL);
  gboolean tenths;

  if (page->facts->is_picture || !thumbs)
    return g_string_free (out, FALSE);
  tenths = thumbs->len > 1
      && g_array_index (thumbs, CnxTagThumb, 1).time - g_array_index (thumbs, CnxTagThumb, 0).time < 0.99;
  for (guint i = 0; i < thumbs->len; i++)
    append_thumb (out, page, &g_array_index (thumbs, CnxTagThumb, i), tenths);
  return g_string_free (out, FALSE);
}

/* ---- the table ---- */

static void
append_label (GString * out, const char *label)
{
  g_string_append (out, "<th scope=\"row\"><bdi>");
  cnx_html_append_text (out, label);
  g_string_append (out, "</bdi></th>");
}

static void
append_segment_row (GString * out, const Page * page, const CnxSegment * segment)
{
  g_string_append_printf (out, "<tr data-row=\"%d\">", row_of (page, segment));
  append_label (out, segment->label);
  g_string_append (out, "<td>");
  append_jump (out, page, segment->start);
  cnx_html_append_clock (out, segment->start, TRUE);
  g_string_append (out, "</a></td><td>");
  cnx_html_append_clock (out, segment->end, TRUE);
  g_string_append (out, "</td><td>");
  cnx_json_append_number (out, segment->end - segment->start, 1);
  g_string_append (out, " s</td><td>");
  append_percent (out, segment->mean);
  g_string_append (out, "</td><td>");
  append_percent (out, segment->peak);
  g_string_append (out, "</td></tr>\n");
}

/* A picture's label, with a bar that needs no style of its own. */
static void
append_share_row (GString * out, const CnxShare * share)
{
  const double percent = CLAMP (share->mean, 0, 1) * 100;

  g_string_append (out, "<tr>");
  append_label (out, share->label);
  g_string_append (out, "<td><svg class=\"meter\" aria-hidden=\"true\"><rect class=\"all\" width=\"100%\" "
      "height=\"100%\"/><rect width=\"");
  cnx_json_append_number (out, percent, 2);
  g_string_append (out, "%\" height=\"100%\"/></svg></td><td>");
  append_percent (out, share->mean);
  g_string_append (out, "</td></tr>\n");
}

static char *
table_html (const Page * page)
{
  const GArray *segments = page->report->segments, *shares = page->report->shares;
  GString *out = g_string_new (NULL);

  if (page->facts->is_picture) {
    g_string_append (out, "<thead><tr><th scope=\"col\">Label</th><th scope=\"col\" colspan=\"2\">Confidence</th></tr>"
        "</thead>\n<tbody>\n");
    for (guint i = 0; i < shares->len; i++)
      append_share_row (out, &g_array_index (shares, CnxShare, i));
  } else {
    g_string_append (out, "<thead><tr><th scope=\"col\">Label</th><th scope=\"col\">From</th><th scope=\"col\">To</th>"
        "<th scope=\"col\">Length</th><th scope=\"col\">Mean</th><th scope=\"col\">Peak</th></tr></thead>\n<tbody>\n");
    for (guint i = 0; i < segments->len; i++)
      append_segment_row (out, page, &g_array_index (segments, CnxSegment, i));
  }
  g_string_append (out, "</tbody>");
  return g_string_free (out, FALSE);
}

/* ---- the data ---- */

static void
append_numbers (GString * out, const double *values, guint n, int digits)
{
  for (guint i = 0; i < n; i++) {
    g_string_append_c (out, ',');
    cnx_json_append_number (out, values[i], digits);
  }
}

static void
append_member (GString * out, const char *name, const char *text)
{
  g_string_append_printf (out, ",\"%s\":", name);
  if (text)
    cnx_json_append_text (out, text);
  else
    g_string_append (out, "null");
}

/* The small picture that stands for the file: from the longest segment of the label that there is most of. */
static const CnxTagThumb *
best_thumb (const Page * page)
{
  const GArray *segments = page->report->segments, *thumbs = page->report->thumbs;
  const CnxSegment *longest = NULL;
  const CnxTagThumb *best = NULL;
  double middle;

  for (guint i = 0; i < segments->len; i++) {
    const CnxSegment *segment = &g_array_index (segments, CnxSegment, i);

    if (row_of (page, segment) == 0 && (!longest || segment->end - segment->start > longest->end - longest->start))
      longest = segment;
  }
  middle = longest ? (longest->start + longest->end) / 2 : 0;
  for (guint i = 0; thumbs && i < thumbs->len; i++) {
    const CnxTagThumb *thumb = &g_array_index (thumbs, CnxTagThumb, i);

    if (!best || fabs (thumb->time - middle) < fabs (best->time - middle))
      best = thumb;
  }
  return best;
}

static void
append_data_thumb (GString * out, const Page * page)
{
  const CnxTagThumb *thumb = best_thumb (page);
  g_autoptr (GBytes) jpeg = thumb ? cnx_tag_thumb_shrink (thumb->jpeg, DATA_THUMB_HEIGHT, NULL) : NULL;

  g_string_append (out, ",\"thumb\":");
  if (!jpeg) {
    g_string_append (out, "null");
    return;
  }
  g_string_append_c (out, '"');
  append_data_uri (out, jpeg);
  g_string_append_c (out, '"');
}

static void
append_model (GString * out, const CnxTagModel * model)
{
  if (!model) {
    g_string_append (out, ",\"model\":null");
    return;
  }
  g_string_append_printf (out, ",\"model\":{\"classes\":%d,\"width\":%d,\"height\":%d", model->classes, model->width,
      model->height);
  append_member (out, "name", model->name);
  append_member (out, "variant", model->variant);
  append_member (out, "precision", model->precision);
  append_member (out, "device", model->device);
  g_string_append_c (out, '}');
}

static void
append_facts (GString * out, const Page * page)
{
  const CnxTagFacts *facts = page->facts;

  g_string_append_printf (out, "{\"format\":\"" CNX_TAG_HTML_FORMAT "\",\"version\":%d,\"picture\":%s,\"complete\":%s,"
      "\"width\":%d,\"height\":%d,\"samples\":%" G_GUINT64_FORMAT ",\"duration\":", CNX_TAG_HTML_VERSION,
      facts->is_picture ? "true" : "false", page->report->complete ? "true" : "false", facts->width, facts->height,
      page->report->samples);
  if (facts->is_picture || facts->duration < 0)
    g_string_append (out, "null");
  else
    cnx_json_append_number (out, facts->duration, 3);
  append_member (out, "file", facts->file);
  append_member (out, "url", facts->link ? page->url : NULL);
  append_member (out, "container", facts->container);
  append_member (out, "codec", facts->codec);
  append_model (out, facts->model);
}

static void
append_segments (GString * out, const Page * page)
{
  const GArray *segments = page->report->segments;
  gboolean first = TRUE;

  for (guint i = 0; i < segments->len; i++) {
    const CnxSegment *segment = &g_array_index (segments, CnxSegment, i);
    const int row = row_of (page, segment);

    if (row < 0)
      continue;
    g_string_append_printf (out, "%s[%d", first ? "" : ",", row);
    append_numbers (out, (double[]) { segment->start, segment->end }, 2, 3);
    append_numbers (out, (double[]) { segment->mean, segment->peak }, 2, 4);
    g_string_append_c (out, ']');
    first = FALSE;
  }
}

/* `labels`: [label, id, seconds, share, mean, peak], the largest share first. `segments`: [index into labels, start,
 * end, mean, peak], by start. */
static char *
data_json (const Page * page)
{
  const GArray *shares = page->report->shares;
  g_autoptr (GString) json = g_string_new (NULL);
  GString *out = g_string_new (NULL);

  append_facts (json, page);
  append_data_thumb (json, page);
  g_string_append (json, ",\"labels\":[");
  for (guint i = 0; i < shares->len; i++) {
    const CnxShare *share = &g_array_index (shares, CnxShare, i);

    g_string_append (json, i ? ",[" : "[");
    cnx_json_append_text (json, share->label);
    g_string_append_printf (json, ",%d", share->id);
    append_numbers (json, &share->seconds, 1, 3);
    append_numbers (json, (double[]) { share->share, share->mean, share->peak }, 3, 4);
    g_string_append_c (json, ']');
  }
  g_string_append (json, "],\"segments\":[");
  if (!page->facts->is_picture)
    append_segments (json, page);
  g_string_append (json, "]}");
  cnx_html_append_data (out, json->str);
  return g_string_free (out, FALSE);
}

/* ---- the page ---- */

static void
fill (GString * out, const Page * page)
{
  g_autofree char *style = g_strconcat (cnx_html_file ("common.css"), cnx_html_file ("page.css"), NULL);
  g_autofree char *script = g_strconcat (cnx_html_file ("common.js"), cnx_html_file ("page.js"), NULL);
  g_autofree char *policy = cnx_html_policy (style, script, MEDIA_POLICY);
  g_autofree char *base = g_path_get_basename (page->facts->file);
  g_autofree char *data = data_json (page);
  g_autofree char *facts = facts_html (page);
  g_autofree char *stage = stage_html (page);
  g_autofree char *sheet = sheet_html (page);
  g_autofree char *table = table_html (page);
  g_autofree char *foot = foot_html (page);
  g_autofree char *html = NULL;
  g_autoptr (GString) name = g_string_new (NULL);

  cnx_html_append_text (name, base);
  const CnxHtmlPart parts[] = {
    {"policy", policy}, {"name", name->str}, {"style", style}, {"script", script}, {"data", data},
    {"kind", page->facts->is_picture ? "picture" : "film"}, {"facts", facts}, {"stage", stage}, {"url", page->url},
    {"sheet", sheet}, {"table", table}, {"foot", foot}, {NULL, NULL}
  };

  html = cnx_html_fill ("page.html", parts);
  g_string_append (out, html);
}

static gboolean
end (GString * out, const CnxTagFacts * facts, const CnxTagReport * report, GError ** error)
{
  g_autoptr (GHashTable) rows = g_hash_table_new (NULL, NULL);
  g_autofree char *base = g_path_get_basename (facts->path);
  g_autofree char *url = cnx_html_url (facts->link ? facts->link : base);
  const Page page = {.facts = facts,.report = report,.rows = rows,.url = url };

  for (guint i = 0; i < report->shares->len; i++)
    g_hash_table_insert (rows, GINT_TO_POINTER (g_array_index (report->shares, CnxShare, i).id),
        GINT_TO_POINTER (i + 1));
  fill (out, &page);
  return TRUE;
}

const CnxTagFormat cnx_tag_html = {
  .name = "html",
  .extension = ".labels.html",
  .wants_thumbs = TRUE,
  .end = end,
};
