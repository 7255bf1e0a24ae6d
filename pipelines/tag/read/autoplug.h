/* What pipelines are made of: the elements of ours, and which ones a film may bring into its own. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** A new element of @factory in @pipeline, which owns it; NULL with CNX_ERROR_NOT_FOUND where GStreamer has none. */
GstElement *cnx_autoplug_make (const char *factory, GstElement * pipeline, GError ** error);

/** What a handler of decodebin's signal autoplug-select answers; GStreamer has no header for it. */
typedef enum
{ CNX_AUTOPLUG_TRY, CNX_AUTOPLUG_EXPOSE, CNX_AUTOPLUG_SKIP } CnxAutoplug;

/** Whether an element of @factory decodes, splits or parses what it is given, and does nothing else: what a file names
 * is not fetched, from the network or from other files. */
gboolean cnx_autoplug_allows (GstElementFactory * factory);

/** Whether what has @caps is to be decoded: sound and subtitles are left as they are, which takes no time. */
gboolean cnx_autoplug_wants (GstCaps * caps);

/** Whether @pad of a decoder gives frames. */
gboolean cnx_autoplug_is_raw_video (GstPad * pad);

/** The words of an element's error; where they say nothing, with what it told developers (@debug; may be NULL). Free
 * with g_free(). */
char *cnx_autoplug_describe_error (const GError * cause, const char *debug);

G_END_DECLS
