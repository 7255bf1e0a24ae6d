/* Still pictures, from their files through one `convnext` element to classifications. */
#pragma once

#include "pipelines/tag/read/reader.h"

G_BEGIN_DECLS

typedef struct _CnxStills CnxStills;

/** A pipeline for one thread's pictures; @reader must outlive it. Errors: CNX_ERROR_NOT_FOUND for elements that
 * GStreamer lacks, CNX_ERROR_DEVICE. Free with cnx_stills_free(). */
CnxStills *cnx_stills_new (const CnxReader * reader, GError ** error);
void cnx_stills_free (CnxStills * stills);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxStills, cnx_stills_free)

/** Reads the picture at @facts->path; what becomes known of it is written to @facts. One thread at a time.
 * Errors: CNX_ERROR_INPUT, CNX_ERROR_DEVICE; the listener's. */
gboolean cnx_stills_read (CnxStills * stills, CnxTagFacts * facts, const CnxListener * listener, GError ** error);

G_END_DECLS
