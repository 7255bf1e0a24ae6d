#include "pipelines/tag/html/html_data.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/input/json.h"
#include "pipelines/tag/html/html.h"

#define WHAT "the page's data"
#define THUMB_PREFIX "data:image/jpeg;base64,"
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

static gboolean
refuse (GError ** error, const char *why)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, WHAT ": %s", why);
  return FALSE;
}

/* ---- members, of the kind that they have to be ---- */

/* NaN where it is something else. */
static double
get_number (JsonNode * node)
{
  double value;

  return cnx_json_number (node, &value) ? value : NAN;
}

static JsonArray *
get_array (JsonNode * node)
{
  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* The elements @from and on of the array, into @values; FALSE where not all are numbers. */
static gboolean
get_numbers (JsonArray * array, guint from, double *values, guint n)
{
  if (!array || json_array_get_length (array) < from + n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    values[i] = get_number (json_array_get_element (array, from + i));
    if (isnan (values[i]))
      return FALSE;
  }
  return TRUE;
}

/* A picture in letters that nothing can be hidden among; what is none is as good as missing. */
static const char *
get_thumb (JsonNode * node)
{
  const char *text = cnx_json_text (node);

  if (!text || strlen (text) > CNX_HTML_MAX_THUMB || !g_str_has_prefix (text, THUMB_PREFIX))
    return NULL;
  return strspn (text + strlen (THUMB_PREFIX), BASE64) == strlen (text + strlen (THUMB_PREFIX)) ? text : NULL;
}

/* ---- lists ---- */

/* [label, id, seconds, share, mean, peak] */
static gboolean
read_labels (CnxHtmlData * data, JsonArray * labels, GError ** error)
{
  double values[5];

  for (guint i = 0; labels && i < json_array_get_length (labels); i++) {
    JsonArray *row = get_array (json_array_get_element (labels, i));
    CnxHtmlLabel label;

    if (!get_numbers (row, 1, values, 5) || !(label.name = cnx_json_text (json_array_get_element (row, 0))))
      return refuse (error, "a label is not one");
    label.share = CLAMP (values[2], 0, 1);
    label.peak = CLAMP (values[4], 0, 1);
    g_array_append_val (data->labels, label);
  }
  return labels ? TRUE : refuse (error, "it has no labels");
}

/* [index into the labels, start, end, mean, peak] */
static gboolean
read_stretches (CnxHtmlData * data, JsonArray * segments, GError ** error)
{
  double values[5];

  for (guint i = 0; segments && i < json_array_get_length (segments); i++) {
    CnxHtmlStretch stretch;

    if (!get_numbers (get_array (json_array_get_element (segments, i)), 0, values, 5) || values[0] < 0
        || values[0] >= data->labels->len || values[1] < 0 || values[2] < values[1])
      return refuse (error, "a segment is not one");
    stretch.label = values[0];
    stretch.start = values[1];
    stretch.end = values[2];
    g_array_append_val (data->stretches, stretch);
  }
  return segments ? TRUE : refuse (error, "it has no segments");
}

static gboolean
read_all (CnxHtmlData * data, GError ** error)
{
  JsonObject *top = json_node_get_object (data->root);
  JsonNode *picture = json_object_get_member (top, "picture");

  if (g_strcmp0 (cnx_json_text (json_object_get_member (top, "format")), CNX_TAG_HTML_FORMAT) != 0)
    return refuse (error, "it is not of the format \"" CNX_TAG_HTML_FORMAT "\"");
  if (get_number (json_object_get_member (top, "version")) != CNX_TAG_HTML_VERSION)
    return refuse (error, "another version of `convnext tag` wrote it; write the page again");
  data->is_picture = picture && JSON_NODE_HOLDS_VALUE (picture) && json_node_get_value_type (picture) == G_TYPE_BOOLEAN
      && json_node_get_boolean (picture);
  data->duration = get_number (json_object_get_member (top, "duration"));
  if (isnan (data->duration) || data->duration < 0)
    data->duration = -1;
  data->url = cnx_json_text (json_object_get_member (top, "url"));
  data->thumb = get_thumb (json_object_get_member (top, "thumb"));
  return read_labels (data, get_array (json_object_get_member (top, "labels")), error)
      && read_stretches (data, get_array (json_object_get_member (top, "segments")), error);
}

CnxHtmlData *
cnx_html_data_parse (const char *json, gsize length, GError ** error)
{
  static const CnxJsonLimits limits = {.depth = 4,.items = 1000000,.unique_keys = TRUE };
  g_autoptr (CnxHtmlData) data = g_new0 (CnxHtmlData, 1);

  data->labels = g_array_new (FALSE, FALSE, sizeof (CnxHtmlLabel));
  data->stretches = g_array_new (FALSE, FALSE, sizeof (CnxHtmlStretch));
  data->root = cnx_json_parse (json, length, &limits, WHAT, error);
  return data->root && read_all (data, error) ? g_steal_pointer (&data) : NULL;
}

void
cnx_html_data_free (CnxHtmlData * data)
{
  g_clear_pointer (&data->root, json_node_unref);
  g_array_unref (data->labels);
  g_array_unref (data->stretches);
  g_free (data);
}

/* ---- out of a page ---- */

char *
cnx_tag_html_pull (const char *page, gsize size, GError ** error)
{
  /* Searches stop at a byte of 0, which no page has. An empty file may come as NULL. */
  const char *open = size > 0 ? g_strstr_len (page, MIN (size, G_MAXSSIZE), CNX_TAG_HTML_OPEN) : NULL;
  const char *start, *close;
  g_autoptr (CnxHtmlData) data = NULL;

  if (!open) {
    refuse (error, "there is none: no " CNX_TAG_HTML_OPEN);
    return NULL;
  }
  start = open + strlen (CNX_TAG_HTML_OPEN);
  close = g_strstr_len (start, MIN ((gsize) (page + size - start), CNX_HTML_MAX_DATA), CNX_TAG_HTML_CLOSE);
  if (!close) {
    refuse (error, "it has no end, or is longer than 8 MiB");
    return NULL;
  }
  /* As it was written: in one line, and with no markup in it. */
  if (memchr (start, '<', close - start) || memchr (start, '\n', close - start)) {
    refuse (error, "it is not one line without a \"<\"");
    return NULL;
  }
  data = cnx_html_data_parse (start, close - start, error);
  return data ? g_strndup (start, close - start) : NULL;
}
