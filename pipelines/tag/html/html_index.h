/* `labels.html`, the page of a folder: search by label over all files, made of what their own pages hold. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The name of the page of a folder. */
#define CNX_TAG_HTML_INDEX "labels.html"

/**
 * CnxTagPage:
 * @path: of the page, from the folder on, as the file system has it: "films/a.mp4.labels.html"
 * @data: what cnx_tag_html_pull() took out of it
 */
typedef struct
{
  const char *path, *data;
} CnxTagPage;

/** The page of the folder @name, as it is called to a reader, with these pages in any order; the same text for the same
 * pages. Those whose @data is none that cnx_tag_html_pull() gives are left out. Free with g_free(). Thread-safe. */
char *cnx_tag_html_index (const char *name, const CnxTagPage * pages, gsize n);

G_END_DECLS
