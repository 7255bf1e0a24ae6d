/* A film or a picture, from its file to classifications: decoded in a process of its own, classified here. */
#pragma once

#include "pipelines/tag/read/kind.h"
#include "pipelines/tag/read/reader.h"

G_BEGIN_DECLS

typedef struct _CnxFileReader CnxFileReader;

/** For one thread's files; @reader must outlive it. Its decoder and its pipeline are made when they are needed. Free
 * with cnx_file_reader_free(). */
CnxFileReader *cnx_file_reader_new (const CnxReader * reader);
void cnx_file_reader_free (CnxFileReader * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFileReader, cnx_file_reader_free)

/** What the file at @path is; CNX_KIND_UNKNOWN where it was told to stop. Errors: CNX_ERROR_INPUT, where it cannot be
 * read, or who looked at it died of it; G_SPAWN_ERROR: there are no processes for decoding. */
gboolean cnx_file_reader_kind (CnxFileReader * self, const char *path, CnxKind * kind, GError ** error);

/** Reads the file at @facts->path, of @facts->is_picture, to its end, or until it is told to stop; what becomes known
 * of it is written to @facts, whose strings are interned. *@complete: whether it was read to the end asked for; where
 * not and @facts->width is 0, it was not begun. Errors: CNX_ERROR_INPUT, for what is broken, has no frames, ends its
 * decoder or takes too long; CNX_ERROR_DEVICE and G_SPAWN_ERROR, which every other file would meet; the listener's. */
gboolean cnx_file_reader_read (CnxFileReader * self, CnxTagFacts * facts, const CnxListener * listener,
    gboolean * complete, GError ** error);

G_END_DECLS
