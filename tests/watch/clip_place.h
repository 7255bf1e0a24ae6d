/* A folder of clips that a test makes. */
#pragma once

#include "pipelines/watch/clips/clips.h"
#include "tests/support/temp_files.h"
#include "tests/watch/clip_camera.h"
#include "tests/watch/said.h"

#define NOON (G_GINT64_CONSTANT (1764417600) * G_USEC_PER_SEC)  /* 2025-11-29T12:00:00Z */

/* A clip that is whole waits for one frame more. */
#define SOON 0.05

/* A folder, and what writes clips of 2 s before and 1 s after into it. */
typedef struct
{
  char *dir, *folder;
  Said *said;
  CnxClips *clips;
} Place;

static inline Place *
place_new (const CnxClipsSettings * others)
{
  Place *place = g_new0 (Place, 1);
  CnxClipsSettings settings = {.linger = SOON,.before = 2,.after = 1 };
  g_autoptr (GError) error = NULL;

  if (others)
    settings = *others;
  place->dir = cnx_test_make_dir ();
  place->folder = g_build_filename (place->dir, "clips", NULL);
  place->said = said_new ();
  settings.folder = place->folder;
  place->clips = cnx_clips_new (&settings, place->said->herald, &error);
  g_assert_no_error (error);
  return place;
}

static inline void
place_free (Place * place)
{
  cnx_clips_free (place->clips);
  said_free (place->said);
  cnx_test_remove_dir (place->dir);
  g_free (place->folder);
  g_free (place);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Place, place_free)

static inline void
event_at (CnxClipTap * tap, const char *label, guint frame)
{
  cnx_clip_tap_event (tap, label, NOON + frame * G_USEC_PER_SEC / CLIP_RATE, frame * (GST_SECOND / CLIP_RATE));
}

/* A test is faster than any camera: it does not begin a clip while two are not on the disk yet. */
static inline void
await (Place * place)
{
  g_assert_true (cnx_clips_await (place->clips, 20 * G_USEC_PER_SEC));
}

/* The same while another is written. */
static inline void
await_first (Place * place)
{
  for (int i = 0; i < 2000; i++) {
    g_auto (GStrv) names = clip_names (place->folder);
    if (names[0])
      return;
    g_usleep (10000);
  }
  g_assert_not_reached ();
}

/* The names of the clips when all are whole. */
static inline char **
names_of (Place * place)
{
  await (place);
  return clip_names (place->folder);
}
