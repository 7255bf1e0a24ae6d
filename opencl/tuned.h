/* The tuner's answers: which set of tiles was fastest on a device, kept beside the binary cache.
 *
 * $XDG_CACHE_HOME/convnext/<sha256>.tuning.json, one file for each platform, device, version, driver, CPU and number
 * of threads, the first four of which it names too: an answer for another driver is no answer. What it says is looked
 * up among the sets that there are, so that a file that was tampered with, or written by another version, can only be
 * of no use. */
#pragma once

#include "opencl/tuning.h"

G_BEGIN_DECLS

/** Writes the saved answer for blocks of @channels channels to @tuning. FALSE where there is none. */
gboolean cnx_tuned_find (CnxDevice * device, CnxPrecision precision, int channels, CnxTuning * tuning);

/** Saves an answer in place of the one that was there, and keeps the others, those of processes that save at the same
 * time too.
 * Errors: G_FILE_ERROR. */
gboolean cnx_tuned_save (CnxDevice * device, int channels, const CnxTuning * tuning, GError ** error);

/** Where the answers for @device are. Free with g_free(). */
char *cnx_tuned_path (CnxDevice * device);

/** The answer that a file's text gives, by cnx_tuning_describe(); NULL where it gives none, or is no such file. For
 * tests. Free with g_free(). */
char *cnx_tuned_parse (const char *text, gsize length, CnxPrecision precision, int channels);

G_END_DECLS
