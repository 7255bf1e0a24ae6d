/* libvips as this project uses it: started for files that nobody vouches for, and its words where they belong. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Starts libvips, once in a process, with what its makers call untrusted blocked: it reads JPEG, PNG, WebP, GIF, TIFF,
 * HEIF and AVIF then, and what it warns of goes to g_debug(). Errors: CNX_ERROR_NOT_FOUND. */
gboolean cnx_vips_start (GError ** error);

/** What is read then, and what is said of a file that needs another operation, whose nickname is put in. */
#define CNX_VIPS_READS "JPEG, PNG, WebP, GIF, TIFF, HEIF and AVIF are read"
#define CNX_VIPS_BLOCKED "libvips does not vouch for what reads its format (%s); " CNX_VIPS_READS

/** Whether @loader, the nickname of an operation, is blocked. */
gboolean cnx_vips_blocks (const char *loader);

/** Forgets what libvips said. Its words are the process's, not a call's: call it before whatever may fail. */
void cnx_vips_begin (void);

/** What it has said since, in one line, and forgets it. Free with g_free(). */
char *cnx_vips_words (void);

G_END_DECLS
