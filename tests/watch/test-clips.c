/* Clips: they begin and end where they should, and play; the folder stays below its limit; what goes wrong is said, and
 * no camera waits for it. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pipelines/watch/clips/clips.h"
#include "pipelines/watch/clips/folder.h"
#include "tests/support/temp_files.h"
#include "tests/watch/clip_camera.h"
#include "tests/watch/clip_place.h"

#define X264 "x264enc speed-preset=ultrafast "
/* As Matroska has it; the other form needs a parser that not everybody has. */
#define AVC " ! video/x-h264,stream-format=avc"
/* A key frame each second; what goes in comes out at once. */
#define EACH_SECOND X264 "tune=zerolatency key-int-max=10" AVC
#define EACH_5_SECONDS X264 "tune=zerolatency key-int-max=50" AVC

static void
assert_one_clip (Place * place, const char *name, guint first, guint last)
{
  g_auto (GStrv) names = names_of (place);

  g_assert_cmpuint (g_strv_length (names), ==, 1);
  if (name)
    g_assert_cmpstr (names[0], ==, name);
  clip_assert_shows (place->folder, names[0], first, last);
  g_assert_cmpuint (place->said->lines->len, ==, 0);
}

/* From the key frame at or before 2 s before the event until 1 s after it, whatever encodes. */
static void
test_encoders (void)
{
  static const struct
  {
    const char *encoder;
    guint held, first, last, more;      /* more: frames that come before others that are shown earlier */
  } rows[] = {
    {EACH_SECOND, 0, 30, 64},
    {X264 "tune=zerolatency key-int-max=10 ! video/x-h264,stream-format=byte-stream ! h264parse config-interval=-1",
        2, 30, 64},
    {X264 "key-int-max=10 bframes=3 b-adapt=false rc-lookahead=5 sync-lookahead=0 threads=1" AVC, 30, 30, 64, 5},
    {"vp8enc deadline=1 keyframe-max-dist=10 lag-in-frames=0", 0, 30, 64},
    {"jpegenc quality=95", 0, 35, 64},
    {"x265enc speed-preset=ultrafast tune=zerolatency key-int-max=10 ! h265parse config-interval=-1", 2, 30, 64},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Place) place = place_new (NULL);
    g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
    g_autoptr (ClipCamera) camera = clip_camera_new (tap, rows[i].encoder);
    if (!camera)
      continue;
    g_test_message ("%s", rows[i].encoder);
    clip_camera_play (camera, 56 + rows[i].held, rows[i].held);
    event_at (tap, "cat", 55);
    clip_camera_play (camera, 90 + rows[i].held, rows[i].held);
    g_auto (GStrv) names = names_of (place);
    g_assert_cmpuint (g_strv_length (names), ==, 1);
    g_assert_cmpstr (names[0], ==, "door-20251129T120005Z-cat.mkv");
    clip_assert_shows_more (place->folder, names[0], rows[i].first, rows[i].last, rows[i].more);
    g_assert_cmpuint (place->said->lines->len, ==, 0);
  }
}

/* Key frames are further apart than what is asked for: it begins at the one before, and that is still there. */
static void
test_sparse_keys (void)
{
  static const struct
  {
    guint event, first;
  } rows[] = { {49, 0}, {52, 0}, {69, 0}, {70, 50}, {99, 50}, {119, 50}, {121, 100} };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Place) place = place_new (NULL);
    g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
    g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_5_SECONDS);
    clip_camera_play (camera, rows[i].event + 1, 0);
    event_at (tap, "cat", rows[i].event);
    clip_camera_play (camera, rows[i].event + 20, 0);
    assert_one_clip (place, NULL, rows[i].first, rows[i].event + 9);
  }
}

/* An event that is told late, or before there is a key frame, or by the wall clock alone. */
static void
test_times (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  cnx_clip_tap_event (tap, "early", NOON, GST_CLOCK_TIME_NONE);
  clip_camera_play (camera, 31, 0);
  g_usleep (2000);
  const gint64 then = g_get_real_time ();
  g_usleep (2000);
  clip_camera_play (camera, 57, 0);
  cnx_clip_tap_event (tap, "clock", then, GST_CLOCK_TIME_NONE);
  await (place);
  event_at (tap, "late", 56);
  clip_camera_play (camera, 99, 0);
  await (place);
  event_at (tap, "last", 90);
  clip_camera_play (camera, 120, 0);
  await (place);
  event_at (tap, "gone", 20);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 4);
  g_assert_cmpuint (said_count (place->said, "door: no clip of \"gone\": what was seen then is not kept"), ==, 1);
  g_assert_cmpuint (place->said->lines->len, ==, 1);
  g_assert_cmpstr (names[0], ==, "door-20251129T120000Z-early.mkv");
  clip_assert_shows (place->folder, names[0], 0, 9);
  clip_assert_shows (place->folder, names[1], 30, 65);
  clip_assert_shows (place->folder, names[2], 70, 99);
  clip_assert_shows (place->folder, names[3], 10, 39);
}

/* What has no times has those of its arrival. */
static void
test_untimed (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  g_atomic_int_set (&camera->untimed, TRUE);
  clip_camera_play (camera, 30, 0);
  g_usleep (300000);
  clip_camera_play (camera, 31, 0);
  cnx_clip_tap_event (tap, "cat", g_get_real_time (), GST_CLOCK_TIME_NONE);
  g_usleep (1100000);
  clip_camera_play (camera, 40, 0);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  g_autoptr (GArray) frames = clip_frames (place->folder, names[0]);
  const ClipFrame *last = &g_array_index (frames, ClipFrame, frames->len - 1);
  g_assert_cmpuint (frames->len, ==, 31);
  g_assert_cmpuint (last->number, ==, 30);
  g_assert_cmpuint (last->time, >=, 300 * GST_MSECOND);
}

/* A film waits until the pipeline plays, and its decoder needs more than one frame to begin: what comes is not held. */
static void
test_preroll (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, X264 "key-int-max=10 bframes=3 b-adapt=false" AVC);
  g_autoptr (GstElement) last = gst_bin_get_by_name (GST_BIN (camera->pipeline), "last");
  GstElement *queue = gst_element_factory_make ("queue", NULL), *decode = gst_element_factory_make ("avdec_h264", NULL);

  gst_element_set_state (camera->pipeline, GST_STATE_READY);
  gst_element_unlink (camera->tee, last);
  gst_bin_add_many (GST_BIN (camera->pipeline), queue, decode, NULL);
  g_assert_true (gst_element_link_many (camera->tee, queue, decode, last, NULL));
  g_object_set (last, "async", TRUE, NULL);
  gst_element_set_state (camera->pipeline, GST_STATE_PLAYING);
  clip_camera_play (camera, 80, 80);
  gst_app_src_end_of_stream (camera->source);
  g_autoptr (GstBus) bus = gst_element_get_bus (camera->pipeline);
  g_autoptr (GstMessage) end = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  g_assert_cmpint (camera->arrived, ==, 80);
}

/* Twenty events in quick succession are one clip, until 1 s after the last. */
static void
test_succession (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  for (guint i = 0; i < 20; i++) {
    clip_camera_play (camera, 41 + 3 * i, 0);
    event_at (tap, i % 2 ? "cat" : "dog", 40 + 3 * i);
  }
  clip_camera_play (camera, 140, 0);
  assert_one_clip (place, "door-20251129T120004Z-dog.mkv", 20, 106);
}

/* What is seen is told when the camera is far ahead, as behind a queue: that is one clip all the same. */
static void
test_late (void)
{
  const CnxClipsSettings settings = {.before = 2,.after = 1 };
  g_autoptr (Place) place = place_new (&settings);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  for (guint i = 0; i < 10; i++) {
    clip_camera_play (camera, 55 + 3 * i, 0);
    event_at (tap, "cat", 40 + 3 * i);
  }
  /* It would still wait, but this is another's. */
  clip_camera_play (camera, 100, 0);
  event_at (tap, "dog", 99);
  clip_camera_play (camera, 120, 0);
  cnx_clip_tap_forget (tap);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 2);
  clip_assert_shows (place->folder, names[0], 20, 76);
  clip_assert_shows (place->folder, names[1], 70, 108);
  g_assert_cmpuint (place->said->lines->len, ==, 0);
}

/* It gets no longer than it may, and what comes then is another. */
static void
test_longest (void)
{
  const CnxClipsSettings settings = {.linger = SOON,.before = 2,.after = 1,.longest = 5 };
  g_autoptr (Place) place = place_new (&settings);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  for (guint i = 40; i < 120; i += 5) {
    clip_camera_play (camera, i + 1, 0);
    if (i == 95)
      await_first (place);
    event_at (tap, "cat", i);
  }
  clip_camera_play (camera, 130, 0);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 3);
  clip_assert_shows (place->folder, names[0], 20, 69);
  clip_assert_shows (place->folder, names[1], 50, 99);
  clip_assert_shows (place->folder, names[2], 80, 124);
}

typedef struct
{
  Place *place;
  CnxClipTap *tap;
} Player;

static gpointer
play_with_events (gpointer data)
{
  const Player *player = data;
  g_autoptr (ClipCamera) camera = clip_camera_new (player->tap, EACH_SECOND);

  for (guint i = 0; i < 5; i++) {
    clip_camera_play (camera, 61 + 60 * i, 0);
    event_at (player->tap, "cat", 60 + 60 * i);
    clip_camera_play (camera, 80 + 60 * i, 0);
    await (player->place);
  }
  return NULL;
}

/* Two at once, of one second and one label. */
static void
test_two_cameras (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) door = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (CnxClipTap) gate = cnx_clip_tap_new (place->clips, "gate");
  Player players[] = { {place, door}, {place, gate} };
  GThread *one = g_thread_new (NULL, play_with_events, &players[0]);
  GThread *other = g_thread_new (NULL, play_with_events, &players[1]);

  g_thread_join (one);
  g_thread_join (other);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 10);
  for (guint i = 0; i < 10; i++) {
    g_assert_true (g_str_has_prefix (names[i], i < 5 ? "door-" : "gate-"));
    clip_assert_shows (place->folder, names[i], 40 + 60 * (i % 5), 69 + 60 * (i % 5));
  }
  g_assert_cmpuint (place->said->lines->len, ==, 0);
}

/* Only what is named, by the whole label or one of its names. */
static void
test_labels (void)
{
  static const char *const labels[] = { "tabby cat", "person", NULL };
  const CnxClipsSettings settings = {.linger = SOON,.before = 2,.after = 1,.labels = labels };
  g_autoptr (Place) place = place_new (&settings);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);
  static const char *const seen[] = { "dog", NULL, "cat", "tabby", "tabby, Tabby Cat" };

  for (guint i = 0; i < G_N_ELEMENTS (seen); i++) {
    clip_camera_play (camera, 31 + 20 * i, 0);
    event_at (tap, seen[i], 30 + 20 * i);
  }
  clip_camera_play (camera, 150, 0);
  assert_one_clip (place, "door-20251129T120011Z-tabby_Tabby_Cat.mkv", 90, 119);
}

static guint64
size_of (const char *dir)
{
  g_autoptr (GDir) opened = g_dir_open (dir, 0, NULL);
  guint64 size = 0;
  const char *name;

  while ((name = g_dir_read_name (opened))) {
    g_autofree char *path = g_build_filename (dir, name, NULL);
    GStatBuf info;
    if (!g_str_has_prefix (name, "keep") && g_lstat (path, &info) == 0)
      size += info.st_size;
  }
  return size;
}

/* Stays below its limit at any time; the oldest go, and nothing that is another's. */
static void
test_limit (void)
{
  const CnxClipsSettings settings = {.linger = SOON,.before = 2,.after = 1,.limit = 400000 };
  g_autoptr (Place) place = place_new (&settings);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autofree char *many = g_strnfill (500000, 'x');
  g_autofree char *keep = cnx_test_write_text (place->folder, "keep.mkv", many);
  g_autofree char *old = cnx_test_write_text (place->folder, "gate-20200101T000000Z-dog.mkv", "old");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, "jpegenc quality=100");

  for (guint i = 0; i < 25; i++) {
    clip_camera_play (camera, 40 * i + 25, 0);
    event_at (tap, "cat", 40 * i + 24);
    clip_camera_play (camera, 40 * i + 40, 0);
    await (place);
    g_assert_cmpuint (size_of (place->folder), <=, settings.limit);
  }
  g_auto (GStrv) names = names_of (place);
  const guint n = g_strv_length (names);
  g_test_message ("%u clips of %" G_GUINT64_FORMAT " bytes", n, size_of (place->folder));
  g_assert_cmpuint (n, >=, 2);
  g_assert_cmpuint (n, <, 25);
  /* The newest are there, and whole. */
  for (guint i = 0; i < n; i++)
    clip_assert_shows (place->folder, names[i], 40 * (25 - n + i) + 4, 40 * (25 - n + i) + 33);
  g_assert_true (g_file_test (keep, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (place->said->lines->len, ==, 0);
}

/* A clip that alone is more than the folder may hold ends early, and plays; one that does not even begin takes nothing
 * with it. */
static void
test_too_large (void)
{
  static const guint limits[] = { 60000, 15000 };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    const CnxClipsSettings settings = {.linger = SOON,.before = 2,.after = 10,.limit = limits[i] };
    g_autoptr (Place) place = place_new (&settings);
    g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
    g_autofree char *old = cnx_test_write_text (place->folder, "gate-20200101T000000Z-dog.mkv", "old");
    g_autoptr (ClipCamera) camera = clip_camera_new (tap, "jpegenc quality=100");
    clip_camera_play (camera, 25, 0);
    event_at (tap, "cat", 24);
    clip_camera_play (camera, 200, 0);
    g_auto (GStrv) names = names_of (place);
    g_assert_cmpuint (size_of (place->folder), <=, limits[i]);
    g_assert_cmpuint (g_strv_length (names), ==, (i == 0 ? 2 : 1));
    g_assert_true (g_file_test (old, G_FILE_TEST_EXISTS));
    if (i == 0) {
      g_autoptr (GArray) frames = clip_frames (place->folder, names[0]);
      g_assert_cmpuint (frames->len, >, 5);
      g_assert_cmpuint (said_count (place->said, "ends early: the folder's limit leaves no room for more"), ==, 1);
    } else {
      g_assert_cmpuint (said_count (place->said, "cannot be written: the folder's limit leaves no room for it"), ==, 1);
    }
  }
}

/* A camera that reconnects: its clip is whole, and what the old pipeline still gives is not the new one's. */
static void
test_reconnect (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  clip_camera_play (camera, 36, 0);
  event_at (tap, "cat", 35);
  clip_camera_play (camera, 40, 0);
  g_autoptr (ClipCamera) again = clip_camera_new (tap, "vp8enc deadline=1 keyframe-max-dist=10 lag-in-frames=0");
  clip_camera_play (again, 15, 0);
  clip_camera_play (camera, 80, 0);
  event_at (tap, "dog", 14);
  clip_camera_play (again, 40, 0);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 2);
  clip_assert_shows (place->folder, names[1], 10, 39);
  clip_assert_shows (place->folder, names[0], 0, 23);
}

/* A film that begins again: what was seen at its end is told when the tap is at its begin. */
static void
test_again (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  clip_camera_play (camera, 16, 0);
  event_at (tap, "cat", 500);
  clip_camera_play (camera, 60, 0);
  assert_one_clip (place, NULL, 0, 24);
}

/* The same at the end: what is written is whole then, and a pipeline that is still there gives nothing more. */
static void
test_end (void)
{
  g_autoptr (Place) place = place_new (NULL);
  CnxClipTap *tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  clip_camera_play (camera, 36, 0);
  event_at (tap, "cat", 35);
  clip_camera_play (camera, 40, 0);
  cnx_clip_tap_free (tap);
  clip_camera_play (camera, 60, 0);
  assert_one_clip (place, NULL, 10, 39);
}

/* Twenty clips that cannot be written are said once, and no frame waits for them. */
static void
test_no_folder (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, EACH_SECOND);

  g_assert_cmpint (g_rmdir (place->folder), ==, 0);
  for (guint i = 0; i < 20; i++) {
    clip_camera_play (camera, 20 * i + 15, 0);
    event_at (tap, "cat", 20 * i + 14);
    clip_camera_play (camera, 20 * i + 20, 0);
    await (place);
  }
  g_assert_cmpuint (place->said->lines->len, ==, 1);
  g_assert_cmpuint (said_count (place->said, "door: the clip door-20251129T120001Z-cat cannot be written"), ==, 1);
  g_assert_cmpuint (said_count (place->said, "No such file or directory"), ==, 1);
  g_assert_false (g_file_test (place->folder, G_FILE_TEST_EXISTS));
  /* It is back. */
  g_assert_cmpint (g_mkdir (place->folder, 0755), ==, 0);
  clip_camera_play (camera, 430, 0);
  event_at (tap, "cat", 425);
  clip_camera_play (camera, 450, 0);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  clip_assert_shows (place->folder, names[0], 400, 434);
}

/* No file may be longer than a few frames: the disk is full. Then there is room again. */
static void
test_full_disk (void)
{
  g_autoptr (Place) place = place_new (NULL);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, "jpegenc quality=100");
  struct rlimit before, limit;

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 20000;
  setrlimit (RLIMIT_FSIZE, &limit);
  clip_camera_play (camera, 36, 0);
  event_at (tap, "cat", 35);
  clip_camera_play (camera, 300, 0);
  await (place);
  setrlimit (RLIMIT_FSIZE, &before);
  g_assert_cmpuint (size_of (place->folder), ==, 0);
  g_assert_cmpuint (place->said->lines->len, ==, 1);
  g_assert_cmpuint (said_count (place->said, "door: the clip door-20251129T120003Z-cat cannot be written"), ==, 1);
  event_at (tap, "cat", 299);
  clip_camera_play (camera, 330, 0);
  g_auto (GStrv) names = names_of (place);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  clip_assert_shows (place->folder, names[0], 279, 308);
}

/* What has no clips says so at an event, and once. */
static void
test_refused (void)
{
  static const struct
  {
    const char *encoder, *said;
  } rows[] = {
    {NULL, "door: no clip of \"cat\": it gives raw pictures"},
    {"identity", "door: no clip of \"cat\": it gives raw pictures"},
    {"avenc_flv", "door: no clip of \"cat\": GStreamer has no element that makes Matroska's video/x-flash-video of it"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Place) place = place_new (NULL);
    g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
    g_autoptr (ClipCamera) camera = rows[i].encoder ? clip_camera_new (tap, rows[i].encoder) : NULL;
    if (camera)
      clip_camera_play (camera, 5, 0);
    for (guint k = 0; k < 3; k++)
      event_at (tap, "cat", 4);
    g_auto (GStrv) names = names_of (place);
    g_assert_cmpuint (g_strv_length (names), ==, 0);
    g_assert_cmpuint (said_count (place->said, rows[i].said), ==, 1);
    g_assert_cmpuint (place->said->lines->len, ==, 1);
  }
}

/* Of what takes more memory than it may the clip begins later, and that is said once. */
static void
test_memory (void)
{
  const CnxClipsSettings settings = {.linger = SOON,.before = 10,.after = 1,.memory = 50000 };
  g_autoptr (Place) place = place_new (&settings);
  g_autoptr (CnxClipTap) tap = cnx_clip_tap_new (place->clips, "door");
  g_autoptr (ClipCamera) camera = clip_camera_new (tap, "jpegenc quality=100");

  clip_camera_play (camera, 151, 0);
  event_at (tap, "cat", 150);
  clip_camera_play (camera, 200, 0);
  g_auto (GStrv) names = names_of (place);
  g_autoptr (GArray) frames = clip_frames (place->folder, names[0]);
  g_assert_cmpuint (g_array_index (frames, ClipFrame, 0).number, >, 60);
  g_assert_cmpuint (g_array_index (frames, ClipFrame, 0).number, <, 150);
  g_assert_cmpuint (g_array_index (frames, ClipFrame, frames->len - 1).number, ==, 159);
  g_assert_cmpuint (said_count (place->said, "door: clips begin later than they should"), ==, 1);
  g_assert_cmpuint (place->said->lines->len, ==, 1);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clips/encoders", test_encoders);
  g_test_add_func ("/clips/sparse-keys", test_sparse_keys);
  g_test_add_func ("/clips/times", test_times);
  g_test_add_func ("/clips/untimed", test_untimed);
  g_test_add_func ("/clips/preroll", test_preroll);
  g_test_add_func ("/clips/succession", test_succession);
  g_test_add_func ("/clips/late", test_late);
  g_test_add_func ("/clips/longest", test_longest);
  g_test_add_func ("/clips/two-cameras", test_two_cameras);
  g_test_add_func ("/clips/labels", test_labels);
  g_test_add_func ("/clips/limit", test_limit);
  g_test_add_func ("/clips/too-large", test_too_large);
  g_test_add_func ("/clips/reconnect", test_reconnect);
  g_test_add_func ("/clips/again", test_again);
  g_test_add_func ("/clips/end", test_end);
  g_test_add_func ("/clips/no-folder", test_no_folder);
  g_test_add_func ("/clips/full-disk", test_full_disk);
  g_test_add_func ("/clips/refused", test_refused);
  g_test_add_func ("/clips/memory", test_memory);
  return g_test_run ();
}
