#include "tests/gst/elements.h"
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/gstlabeloverlay.h"
#include "gst-plugin/gstoverlay.h"

void
cnx_test_init_elements (int *argc, char ***argv)
{
  /* the plugin's types are in this program already: a plugin listed in this process would bring them again */
  g_unsetenv ("GST_PLUGIN_PATH");
  gst_init (argc, argv);
  cnx_label_meta_register ();
  gst_element_register (NULL, "convnext", GST_RANK_NONE, GST_TYPE_CONVNEXT);
  gst_element_register (NULL, "labeloverlay", GST_RANK_NONE, GST_TYPE_LABEL_OVERLAY);
  gst_element_register (NULL, "overlay", GST_RANK_NONE, GST_TYPE_OVERLAY_SINK);
}

GstBuffer *
cnx_test_frame (const char *text, guint32 seed, GstClockTime pts)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  GstVideoInfo info;
  GstMapInfo map;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = g_rand_int_range (rand, 60, 190);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

char *
cnx_test_digest (GstBuffer * buffer)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return digest;
}

static gboolean
keep_running_time (const CnxMetaLabels * labels, gpointer user_data)
{
  GstClockTime *time = user_data;

  if (time && *time == GST_CLOCK_TIME_NONE)
    *time = labels->running_time;
  return TRUE;
}

guint
cnx_test_classifications (GstBuffer * buffer)
{
  return cnx_label_meta_foreach (buffer, keep_running_time, NULL);
}

GstClockTime
cnx_test_running_time (GstBuffer * buffer)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  cnx_label_meta_foreach (buffer, keep_running_time, &time);
  return time;
}
