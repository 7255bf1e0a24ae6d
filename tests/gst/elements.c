#include "tests/gst/elements.h"
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/overlay/gstlabeloverlay.h"
#include "gst-plugin/overlay/gstoverlay.h"
#include "gst-plugin/frame/wholemeta.h"
#include "gst-plugin/publish/gstlabelpublish.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/gstvideopool.h>

#define OWN_LIST ".elements"

void
cnx_test_init_elements (int *argc, char ***argv)
{
  const char *registry = g_getenv ("GST_REGISTRY");
  g_autofree char *own = g_strconcat (registry ? registry : "", OWN_LIST, NULL);

  /* the plugin's types are in this program already: a plugin listed in this process would bring them again. Who has no
   * such path strikes the plugin from the list, so it is another than that of who needs it. */
  g_unsetenv ("GST_PLUGIN_PATH");
  if (registry && !g_str_has_suffix (registry, OWN_LIST))       /* as in a test's own child it has */
    g_setenv ("GST_REGISTRY", own, TRUE);
  gst_init (argc, argv);
  cnx_label_meta_register ();
  cnx_whole_meta_register ();
  gst_element_register (NULL, "convnext", GST_RANK_NONE, GST_TYPE_CONVNEXT);
  gst_element_register (NULL, "labeloverlay", GST_RANK_NONE, GST_TYPE_LABEL_OVERLAY);
  gst_element_register (NULL, "labelpublish", GST_RANK_NONE, GST_TYPE_LABEL_PUBLISH);
  gst_element_register (NULL, "overlay", GST_RANK_NONE, GST_TYPE_OVERLAY_SINK);
}

CnxRecipe
cnx_test_plain_recipe (int side)
{
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = side;
  recipe.crop_mode = CNX_CROP_SQUASH;
  for (int c = 0; c < 3; c++) {
    recipe.mean[c] = 0.0f;
    recipe.std[c] = 1.0f / 255.0f;
  }
  return recipe;
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

/* Downstream's answer to ALLOCATION queries. */
static GstPadProbeReturn
offer_pool (GstPad * pad, GstPadProbeInfo * info, gpointer pool)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_add_allocation_pool (query, pool, 64, 2, 7);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_query_add_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  return GST_PAD_PROBE_HANDLED;
}

void
cnx_test_offers_what_downstream_does (const char *element, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  g_autoptr (GstBufferPool) pool = gst_video_buffer_pool_new ();

  for (int passthrough = 0; passthrough < 2; passthrough++) {
    GstHarness *h = gst_harness_new (element);
    g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);
    g_autoptr (GstBufferPool) offered = NULL;
    guint size, min, max;

    gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (h->element), passthrough);
    gst_pad_add_probe (h->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH,
        offer_pool, pool, NULL);
    gst_harness_set_src_caps_str (h, text);
    g_assert_cmpint (gst_base_transform_is_passthrough (GST_BASE_TRANSFORM (h->element)), ==, passthrough);
    g_assert_true (gst_pad_peer_query (h->srcpad, query));
    g_assert_cmpuint (gst_query_get_n_allocation_pools (query), ==, 1);
    gst_query_parse_nth_allocation_pool (query, 0, &offered, &size, &min, &max);
    g_assert_true (offered == pool);
    g_assert_cmpuint (size, ==, 64);
    g_assert_cmpuint (min, ==, 2);
    g_assert_cmpuint (max, ==, 7);
    g_assert_true (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
    g_assert_true (gst_query_find_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE,
            NULL));
    gst_harness_teardown (h);
  }
}

GstClockTime
cnx_test_running_time (GstBuffer * buffer)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  cnx_label_meta_foreach (buffer, keep_running_time, &time);
  return time;
}

static gboolean
keep_answer (const CnxMetaLabels * labels, gpointer user_data)
{
  CnxTestAnswer *answer = user_data;

  answer->n = labels->n;
  for (guint i = 0; i < MIN (labels->n, CNX_TEST_TOP); i++) {
    answer->ids[i] = labels->labels[i].id;
    g_strlcpy (answer->labels[i], labels->labels[i].label, sizeof answer->labels[i]);
    answer->confidences[i] = labels->labels[i].confidence;
  }
  return FALSE;
}

gboolean
cnx_test_only_answer (GstBuffer * buffer, CnxTestAnswer * answer)
{
  cnx_label_meta_foreach (buffer, keep_answer, answer);
  return cnx_test_classifications (buffer) == 1;
}

guint cnx_test_forwards;

gboolean
cnx_test_forward_counted (gpointer classifier, const float *in, float *logits, GError ** error)
{
  cnx_test_forwards++;
  return cnx_classifier_forward (classifier, in, logits, error);
}
