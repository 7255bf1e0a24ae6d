/* The data in a page of one file, checked: it may come from anybody. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/** The data's bounds: how long, and how long the small picture in it. */
#define CNX_HTML_MAX_DATA (8 * 1024 * 1024)
#define CNX_HTML_MAX_THUMB (64 * 1024)

/**
 * CnxHtmlLabel:
 * @name: the label
 * @share, @peak: as in CnxShare
 */
typedef struct
{
  const char *name;
  double share, peak;
} CnxHtmlLabel;

/**
 * CnxHtmlStretch:
 * @label: index into the labels
 * @start, @end: seconds
 */
typedef struct
{
  guint label;
  double start, end;
} CnxHtmlStretch;

/**
 * CnxHtmlData:
 * @duration: seconds; below 0 where nobody knows
 * @url: the file's, where it does not lie beside its page; NULL: it does, or nobody said
 * @thumb: a data: URI of a JPEG; NULL: there is none
 * @labels: CnxHtmlLabel, the largest share first
 * @stretches: CnxHtmlStretch, by start
 * @root: what the strings live in
 */
typedef struct
{
  gboolean is_picture;
  double duration;
  const char *url, *thumb;
  GArray *labels, *stretches;
  JsonNode *root;
} CnxHtmlData;

/** @length bytes of JSON. Free with cnx_html_data_free(). Errors: CNX_ERROR_FORMAT. Thread-safe. */
CnxHtmlData *cnx_html_data_parse (const char *json, gsize length, GError ** error);
void cnx_html_data_free (CnxHtmlData * data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxHtmlData, cnx_html_data_free)

/** The data, one line of JSON, that a page of one file holds; it may be any file. Free with g_free().
 * Errors: CNX_ERROR_FORMAT: nothing that `html` wrote, not whole, or larger than it makes them. */
char *cnx_tag_html_pull (const char *page, gsize size, GError ** error);

G_END_DECLS
