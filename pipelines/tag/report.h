/* labels.html: the page over all files of a folder that have one. */
#pragma once

#include "pipelines/tag/journals.h"

G_BEGIN_DECLS

/** Writes the page of @folder over every page of a file that a journal in it, or in the folders below, names; one that
 * is as it would be is left alone. Pages of files that are gone are left out: of those that lay beside their pages, and
 * of those in or below one of @sources, which ends with NULL; what lies elsewhere may be on a disk that is not there
 * today. Errors: CNX_ERROR_INPUT where somebody else's file has its name; G_FILE_ERROR. */
gboolean cnx_report_write (CnxJournals * journals, const char *folder, char **sources, GError ** error);

G_END_DECLS
