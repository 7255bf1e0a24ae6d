#include "tests/gst/regions/seen.h"

static gboolean
keep (const CnxMetaLabels * labels, gpointer user_data)
{
  CnxTestSeen *seen = user_data;

  if (!labels->regions) {
    seen->others++;
    return TRUE;
  }
  seen->metas++;
  seen->running_time = labels->running_time;
  seen->width = labels->width;
  seen->height = labels->height;
  seen->n = labels->n_regions;
  g_assert_cmpuint (labels->n, ==, 0);
  for (guint i = 0; i < MIN (labels->n_regions, CNX_TEST_MOST_SEEN); i++) {
    const CnxMetaRegion *from = &labels->regions[i];
    CnxTestRegion *to = &seen->regions[i];
    *to = (CnxTestRegion) {.box = from->box,.id = from->id,.running_time = from->running_time,.n = from->n };
    g_strlcpy (to->kind, from->kind, sizeof to->kind);
    g_strlcpy (to->first, from->n > 0 ? from->labels[0].label : "", sizeof to->first);
    for (guint k = 0; k < MIN (from->n, CNX_TEST_SEEN_LABELS); k++) {
      to->ids[k] = from->labels[k].id;
      to->confidences[k] = from->labels[k].confidence;
    }
  }
  return TRUE;
}

CnxTestSeen
cnx_test_seen (GstBuffer * buffer)
{
  CnxTestSeen seen = {.running_time = GST_CLOCK_TIME_NONE };

  cnx_label_meta_foreach (buffer, keep, &seen);
  gst_buffer_unref (buffer);
  return seen;
}

GstVideoRegionOfInterestMeta *
cnx_test_mark (GstBuffer * buffer, const char *kind, int id, const GstVideoRectangle * box)
{
  GstVideoRegionOfInterestMeta *roi = gst_buffer_add_video_region_of_interest_meta (buffer, kind, box->x, box->y,
      box->w, box->h);

  roi->id = id;
  if (id > 0)
    gst_video_region_of_interest_meta_add_param (roi, gst_structure_new ("object_id", "id", G_TYPE_INT, id, NULL));
  return roi;
}
