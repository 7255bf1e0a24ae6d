#include "tests/watch/clip_camera.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#include "pipelines/watch/clips/folder.h"

/* BITS blocks of luma, in rows of four, black or white. */
#define SIZE 64
#define BLOCK 16
#define BITS 16

static GstBuffer *
draw (guint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE * SIZE * 3 / 2, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 128, map.size);
  for (guint y = 0; y < SIZE; y++)
    for (guint x = 0; x < SIZE; x++)
      map.data[y * SIZE + x] = number >> (y / BLOCK * 4 + x / BLOCK) & 1 ? 220 : 30;
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_int (number, GST_SECOND, CLIP_RATE);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / CLIP_RATE;
  return buffer;
}

static guint
read_number (GstBuffer * buffer)
{
  GstMapInfo map;
  guint number = 0;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (guint i = 0; i < BITS; i++)
    number |= (guint) (map.data[(i / 4 * BLOCK + BLOCK / 2) * SIZE + i % 4 * BLOCK + BLOCK / 2] > 128) << i;
  gst_buffer_unmap (buffer, &map);
  return number;
}

/* The tee has given the frame to the tap by then. */
static GstPadProbeReturn
count (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  g_atomic_int_inc (&((ClipCamera *) data)->arrived);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
take_times (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (g_atomic_int_get (&((ClipCamera *) data)->untimed)) {
    buffer = GST_PAD_PROBE_INFO_DATA (info) = gst_buffer_make_writable (buffer);
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  }
  return GST_PAD_PROBE_OK;
}

ClipCamera *
clip_camera_new (CnxClipTap * tap, const char *encoder)
{
  g_autofree char *line = g_strdup_printf ("appsrc name=source format=time caps=video/x-raw,format=I420,width=%d,"
      "height=%d,framerate=%d/1 ! %s ! tee name=tee ! fakesink name=last sync=false async=false", SIZE, SIZE, CLIP_RATE,
      encoder);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch_full (line, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);

  if (g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT)) {
    g_test_message ("%s", error->message);
    return NULL;
  }
  g_assert_no_error (error);
  ClipCamera *camera = g_new0 (ClipCamera, 1);
  camera->pipeline = gst_object_ref_sink (pipeline);
  camera->tee = gst_bin_get_by_name (GST_BIN (pipeline), "tee");
  camera->source = GST_APP_SRC (gst_bin_get_by_name (GST_BIN (pipeline), "source"));
  g_autoptr (GstElement) last = gst_bin_get_by_name (GST_BIN (pipeline), "last");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (last, "sink");
  GstElement *element = cnx_clip_tap_element (tap);
  /* A tee gives a frame to its pads in the order that they were asked for in. */
  gst_element_unlink (camera->tee, last);
  gst_bin_add (GST_BIN (pipeline), element);
  g_assert_true (gst_element_link (camera->tee, element));
  g_assert_true (gst_element_link (camera->tee, last));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count, camera, NULL);
  g_autoptr (GstPad) encoded = gst_element_get_static_pad (camera->tee, "sink");
  gst_pad_add_probe (encoded, GST_PAD_PROBE_TYPE_BUFFER, take_times, camera, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return camera;
}

void
clip_camera_free (ClipCamera * camera)
{
  gst_element_set_state (camera->pipeline, GST_STATE_NULL);
  gst_object_unref (camera->tee);
  gst_object_unref (camera->source);
  gst_object_unref (camera->pipeline);
  g_free (camera);
}

void
clip_camera_play (ClipCamera * camera, guint end, guint held)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (camera->pipeline);
  g_autoptr (GstMessage) error = NULL;

  for (; camera->next < end; camera->next++)
    gst_app_src_push_buffer (camera->source, draw (camera->next));
  while (g_atomic_int_get (&camera->arrived) < (gint) (end - held)) {
    error = gst_bus_timed_pop_filtered (bus, GST_MSECOND, GST_MESSAGE_ERROR);
    g_assert_null (error);
  }
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
clip_names (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *names = g_ptr_array_new ();
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (cnx_clip_name_is_ours (name))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

GArray *
clip_frames (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch ("filesrc name=file ! matroskademux ! decodebin ! videoconvert ! "
      "video/x-raw,format=I420 ! appsink name=sink sync=false", &error);
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (ClipFrame));
  GstClockTime begin = 0;
  GstSample *sample;

  g_assert_no_error (error);
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (file, "location", path, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink)))) {
    GstBuffer *buffer = gst_sample_get_buffer (sample);
    if (frames->len == 0)
      begin = GST_BUFFER_PTS (buffer);
    const ClipFrame frame = { read_number (buffer), GST_BUFFER_PTS (buffer) - begin };
    g_array_append_val (frames, frame);
    gst_sample_unref (sample);
  }
  g_assert_cmpuint (begin, <=, GST_SECOND / 2);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_null (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return frames;
}

void
clip_assert_shows (const char *dir, const char *name, guint first, guint last)
{
  clip_assert_shows_more (dir, name, first, last, 0);
}

void
clip_assert_shows_more (const char *dir, const char *name, guint first, guint last, guint more)
{
  g_autoptr (GArray) frames = clip_frames (dir, name);
  const ClipFrame *all = (const ClipFrame *) frames->data;

  g_assert_cmpuint (frames->len, >, 0);
  const guint end = all[frames->len - 1].number;
  g_test_message ("%s: %u to %u", name, all[0].number, end);
  g_assert_cmpuint (all[0].number, ==, first);
  g_assert_cmpuint (end, >=, last);
  g_assert_cmpuint (end, <=, last + more);
  for (guint i = 0; i < frames->len; i++) {
    g_assert_cmpuint (all[i].number, ==, first + i);
    /* Matroska's times are in milliseconds. */
    const gint64 off = all[i].time - i * (gint64) (GST_SECOND / CLIP_RATE);
    g_assert_cmpint (ABS (off), <=, GST_MSECOND);
  }
}
