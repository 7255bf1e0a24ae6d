/* Milliseconds to bring a frame of video to a model's input, as the element does it, on one core:
 * bench-framein MODEL VIDEO SECONDS. VIDEO is 1080p NV12, frame after frame, all in memory before the clock starts and
 * taken in turn, so that the caches hold none. Prints one line of JSON; peers.py --pipeline reads it. */
#include "gst-plugin/frame/framein.h"
#include "core/model/model.h"

#define CAPS "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1"
#define MIN_FRAMES 5

typedef struct
{
  GstVideoInfo info;
  CnxFrameIn *in;
  GPtrArray *frames;            /* of GstBuffer */
  float *out;
} Bench;

static gboolean
open_frames (Bench * bench, const char *path, GError ** error)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autofree char *bytes = NULL;
  gsize length;

  gst_video_info_from_caps (&bench->info, caps);
  if (!g_file_get_contents (path, &bytes, &length, error))
    return FALSE;
  const gsize size = GST_VIDEO_INFO_SIZE (&bench->info);
  for (gsize at = 0; at + size <= length; at += size)
    g_ptr_array_add (bench->frames, gst_buffer_new_memdup (bytes + at, size));
  if (bench->frames->len > 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: no frame of 1920 x 1080 NV12", path);
  return FALSE;
}

/* One frame; its milliseconds. */
static gboolean
time_frame (Bench * bench, guint i, double *ms, GError ** error)
{
  GstVideoFrame frame;
  const gint64 start = g_get_monotonic_time ();

  if (!gst_video_frame_map (&frame, &bench->info, bench->frames->pdata[i % bench->frames->len], GST_MAP_READ)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "a frame cannot be mapped");
    return FALSE;
  }
  const gboolean ok = cnx_frame_in_run (bench->in, &frame, bench->out, error);
  gst_video_frame_unmap (&frame);
  *ms = (g_get_monotonic_time () - start) / 1e3;
  return ok;
}

static int
by_value (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static gboolean
measure (Bench * bench, double seconds, GError ** error)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  const gint64 end = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  double ms, total = 0;

  if (!time_frame (bench, 0, &ms, error))
    return FALSE;
  for (guint i = 1; i <= MIN_FRAMES || g_get_monotonic_time () < end; i++) {
    if (!time_frame (bench, i, &ms, error))
      return FALSE;
    g_array_append_val (times, ms);
    total += ms;
  }
  g_array_sort (times, by_value);
  g_print ("{\"mean\": %.4f, \"min\": %.4f, \"median\": %.4f, \"passes\": %u}\n", total / times->len,
      g_array_index (times, double, 0), g_array_index (times, double, times->len / 2), times->len);
  return TRUE;
}

static gboolean
run (Bench * bench, char **argv, GError ** error)
{
  g_autoptr (CnxModel) model = cnx_model_open (argv[1], NULL, NULL, NULL, error);
  if (!model || !open_frames (bench, argv[2], error))
    return FALSE;
  const CnxRecipe *recipe = cnx_model_recipe (model);
  bench->out = g_new (float, (gsize) 3 * recipe->width * recipe->height);
  bench->in = cnx_frame_in_new (&bench->info, recipe, error);
  return bench->in && measure (bench, g_ascii_strtod (argv[3], NULL), error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) frames = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  Bench bench = {.frames = frames };

  if (argc != 4) {
    g_printerr ("usage: bench-framein MODEL VIDEO SECONDS\n");
    return 2;
  }
  gst_init (NULL, NULL);
  const gboolean ok = run (&bench, argv, &error);
  g_clear_pointer (&bench.in, cnx_frame_in_unref);
  g_free (bench.out);
  if (!ok)
    g_printerr ("bench-framein: %s\n", error->message);
  return !ok;
}
