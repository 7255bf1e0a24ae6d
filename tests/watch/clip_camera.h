/* A camera whose frames have their number in the picture, encoded and given to a tap. */
#pragma once

#include <gst/app/gstappsrc.h>

#include "pipelines/watch/clips/clips.h"

G_BEGIN_DECLS

#define CLIP_RATE 10            /* frames a second */

typedef struct
{
  GstElement *pipeline, *tee;
  GstAppSrc *source;
  guint next;                   /* frame to be pushed */
  gint arrived;                 /* atomic: frames that the tap has */
  gint untimed;                 /* atomic: take the times off what is encoded */
} ClipCamera;

/** @encoder: a launch line. NULL: GStreamer has no such element. */
ClipCamera *clip_camera_new (CnxClipTap * tap, const char *encoder);
void clip_camera_free (ClipCamera * camera);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipCamera, clip_camera_free)

/** Frames until @end, without it; waits until all but @held by the encoder have arrived. */
void clip_camera_play (ClipCamera * camera, guint end, guint held);

/** The names of the clips in @dir, in order; NULL at the end. */
char **clip_names (const char *dir);

typedef struct
{
  guint number;
  GstClockTime time;            /* since the first */
} ClipFrame;

/** What @dir/@name shows: ClipFrame. */
GArray *clip_frames (const char *dir, const char *name);

/** Fails the test unless @dir/@name shows the frames from @first to @last, each of them in its time, and at most
 * @more behind them. */
void clip_assert_shows_more (const char *dir, const char *name, guint first, guint last, guint more);
void clip_assert_shows (const char *dir, const char *name, guint first, guint last);

G_END_DECLS
