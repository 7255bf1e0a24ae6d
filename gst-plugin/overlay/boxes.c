#include "gst-plugin/overlay/boxes.h"
#include "gst-plugin/overlay/panel.h"

#include <gst/video/video.h>

/* Beyond any frame, and within what Cairo counts. */
#define FAR 1000000

static void
clear_box (gpointer data)
{
  CnxBox *box = data;

  g_free (box->text);
  g_free (box->figure);
}

GArray *
cnx_boxes_new (void)
{
  GArray *boxes = g_array_new (FALSE, FALSE, sizeof (CnxBox));

  g_array_set_clear_func (boxes, clear_box);
  return boxes;
}

/* The first of both arrays, as far as they hold what they should. */
static gboolean
read_best (const GstStructure * found, const char **label, double *confidence)
{
  const GValue *labels = gst_structure_get_value (found, "labels");
  const GValue *confidences = gst_structure_get_value (found, "confidences");

  if (!labels || !confidences || !GST_VALUE_HOLDS_ARRAY (labels) || !GST_VALUE_HOLDS_ARRAY (confidences)
      || gst_value_array_get_size (labels) == 0 || gst_value_array_get_size (confidences) == 0)
    return FALSE;
  const GValue *first = gst_value_array_get_value (labels, 0), *its = gst_value_array_get_value (confidences, 0);
  if (!G_VALUE_HOLDS_STRING (first) || !g_value_get_string (first) || !G_VALUE_HOLDS_DOUBLE (its))
    return FALSE;
  *label = g_value_get_string (first);
  *confidence = g_value_get_double (its);
  return TRUE;
}

static void
name_box (CnxBox * box, const GstStructure * found, const char *class, const CnxLooks * looks)
{
  const char *label = NULL;
  double confidence = 0;

  if (!read_best (found, &label, &confidence) || !cnx_looks_pass (looks, confidence)) {
    box->text = cnx_panel_line (class ? class : "");
    return;
  }
  box->text = cnx_panel_line (label);
  box->figure = cnx_panel_figure (looks, confidence);
}

static int
place_of (gint64 at, gint64 origin, int apart)
{
  return (int) CLAMP ((at - origin) / apart, -FAR, FAR);
}

GArray *
cnx_boxes_read (GstBuffer * buffer, const CnxLooks * looks, int rows_apart)
{
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  const gint64 x = crop ? crop->x : 0, y = crop ? crop->y : 0;
  GArray *boxes = cnx_boxes_new ();
  gpointer state = NULL;
  GstMeta *meta;

  while (boxes->len < CNX_BOXES_MOST && (meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *) meta;
    const GstStructure *found = gst_video_region_of_interest_meta_get_param (roi, "classification");
    if (!found || roi->w == 0 || roi->h == 0)
      continue;
    CnxBox box = { place_of (roi->x, x, 1), place_of (roi->y, y, rows_apart),
      place_of ((gint64) roi->x + roi->w, x, 1), place_of ((gint64) roi->y + roi->h, y, rows_apart)
    };
    name_box (&box, found, g_quark_to_string (roi->roi_type), looks);
    g_array_append_val (boxes, box);
  }
  return boxes;
}

gboolean
cnx_boxes_equal (const GArray * a, const GArray * b)
{
  if (!b || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const CnxBox *x = &g_array_index (a, CnxBox, i), *y = &g_array_index (b, CnxBox, i);
    if (x->left != y->left || x->top != y->top || x->right != y->right || x->bottom != y->bottom
        || g_strcmp0 (x->text, y->text) != 0 || g_strcmp0 (x->figure, y->figure) != 0)
      return FALSE;
  }
  return TRUE;
}
