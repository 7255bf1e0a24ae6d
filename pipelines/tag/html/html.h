/* What the page of a file and the page of a folder share: text that cannot break out of where it stands, and templates
 * that are filled in. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a page of a file holds in its data: `"format": CNX_TAG_HTML_FORMAT, "version": CNX_TAG_HTML_VERSION`. */
#define CNX_TAG_HTML_FORMAT "convnext-labels"
#define CNX_TAG_HTML_VERSION 1
/** What stands before that data, which is one line, and behind it. */
#define CNX_TAG_HTML_OPEN "<script type=\"application/json\" id=\"labels\">"
#define CNX_TAG_HTML_CLOSE "</script>"

/**
 * CnxHtmlPart:
 * @name: what stands between {{ and }} in the template
 * @text: what takes its place, as it is
 */
typedef struct
{
  const char *name, *text;
} CnxHtmlPart;

/** The template @name (a file of the folder html) with @parts, which a part without a name ends, put in. Free with
 * g_free(). */
char *cnx_html_fill (const char *name, const CnxHtmlPart * parts);

/** A file of the folder html. Owned by the program. */
const char *cnx_html_file (const char *name);

/** A Content-Security-Policy that lets through this style, this script, what @media names, and nothing else. Free with
 * g_free(). */
char *cnx_html_policy (const char *style, const char *script, const char *media);

/** Appends @text for between tags or within quotes. What is no UTF-8, moves a terminal's or a reader's direction, or
 * has no glyph becomes U+FFFD. */
void cnx_html_append_text (GString * out, const char *text);

/** The URL of a path as the file system has it, which need not be UTF-8: file:// where it is absolute, otherwise
 * relative. Free with g_free(). */
char *cnx_html_url (const char *path);

/** Appends @json, which is made of cnx_json_append_text() and cnx_json_append_number(), so that no markup is left in
 * it for a script element to end on. */
void cnx_html_append_data (GString * out, const char *json);

/** Appends @seconds as people write it: 0:07, 1:02:03, and with @tenths 0:07.5. */
void cnx_html_append_clock (GString * out, double seconds, gboolean tenths);

G_END_DECLS
