/* What of the labels on buffers is news: a buffer may carry what the one before it carried. */
#pragma once

#include "gst-plugin/labels/labelmeta.h"

G_BEGIN_DECLS

/**
 * CnxNewsRules:
 * @on_change: only what has another first label than what was told before, as a whole or of one of its regions, which
 *   are known by their ids; other regions than were told of are such, too
 * @min_interval: on frames that come at least so long, by running time, after the one that was told with; in
 *   nanoseconds, 0: on any. What comes sooner is told with the first frame that is late enough and carries it still
 *
 * Each is held against what was told of the same classifier and the same stream.
 */
typedef struct
{
  gboolean on_change;
  GstClockTime min_interval;
} CnxNewsRules;

/** For one thread at a time. */
typedef struct _CnxNews CnxNews;

/** Free with cnx_news_free(). */
CnxNews *cnx_news_new (void);
void cnx_news_free (CnxNews * news);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxNews, cnx_news_free)

/** Forgets all, as at a flush: what comes next is news. */
void cnx_news_reset (CnxNews * news);

/** The next frame is one of @stream, at @running_time (GST_CLOCK_TIME_NONE where that is not known). Frames are counted
 * from 0 in each stream. */
void cnx_news_next_frame (CnxNews * news, const char *stream, GstClockTime running_time);

/** Which frame of the stream the labels of @running_time came from; below 0 where it was not one of the last 256.
 * Without a running time: this one. */
gint64 cnx_news_frame_of (CnxNews * news, GstClockTime running_time);

/** Whether @labels, which are on the frame, are to be told, and notes that they are. Of those without a running time
 * each is a result of its own. On frames without one @rules' interval is not asked for. */
gboolean cnx_news_is (CnxNews * news, const CnxMetaLabels * labels, const CnxNewsRules * rules);

G_END_DECLS
