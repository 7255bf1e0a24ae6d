/* How far `convnext tag` is: a bar on a terminal, lines elsewhere, on standard error. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CnxProgress CnxProgress;

/** @files, @bytes: of all inputs; @slots: how many are read at the same time. Free with cnx_progress_free(). Every
 * function may be called from any thread. */
CnxProgress *cnx_progress_new (gboolean quiet, guint files, guint64 bytes, guint slots);
void cnx_progress_free (CnxProgress * progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxProgress, cnx_progress_free)

/** In @slot the file @name begins; @name must stay until it ends. */
void cnx_progress_begin (CnxProgress * progress, guint slot, const char *name, guint64 bytes);
/** It is read up to @seconds of @duration (0: nobody knows), @frames frames of it in all. */
void cnx_progress_move (CnxProgress * progress, guint slot, double seconds, double duration, guint64 frames);
/** It ended. @worked: it was read, and not just passed over. */
void cnx_progress_end (CnxProgress * progress, guint slot, gboolean worked);

/** Draws the bar, or now and then prints a line. */
void cnx_progress_show (CnxProgress * progress);

/** Prints a line on standard error, whole, with the bar out of its way. */
void cnx_progress_say (CnxProgress * progress, const char *format, ...) G_GNUC_PRINTF (2, 3);

/** Takes the bar away. */
void cnx_progress_clear (CnxProgress * progress);

G_END_DECLS
