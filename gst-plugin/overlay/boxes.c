#include "gst-plugin/overlay/boxes.h"
#include "gst-plugin/frame/crop.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/labels/regionmeta.h"
#include "gst-plugin/overlay/panel.h"

#include <gst/video/video.h>

/* Beyond any frame, and within what Cairo counts. */
#define FAR 1000000

typedef struct
{
  GArray *boxes;
  const CnxLooks *looks;
  gint64 x, y;                  /* where the picture's corner is in the frame */
  int width, height;            /* the frame's */
  int rows_apart;
} BoxReader;

typedef struct
{
  gint64 x, y, w, h;
} BoxPlace;

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

static int
place_of (gint64 at, gint64 origin, int apart)
{
  return (int) CLAMP ((at - origin) / apart, -FAR, FAR);
}

/* @label: its best; NULL: nothing is known but @class, which may be NULL too. */
static void
append_box (BoxReader * self, const BoxPlace * place, const char *class, const char *label, double confidence)
{
  const gboolean known = label && cnx_looks_pass (self->looks, confidence);

  if (place->w <= 0 || place->h <= 0 || self->boxes->len >= CNX_BOXES_MOST)
    return;
  const CnxBox box = { place_of (place->x, self->x, 1), place_of (place->y, self->y, self->rows_apart),
    place_of (place->x + place->w, self->x, 1), place_of (place->y + place->h, self->y, self->rows_apart),
    cnx_panel_line (known ? label : class ? class : ""), known ? cnx_panel_figure (self->looks, confidence) : NULL
  };
  g_array_append_val (self->boxes, box);
}

static void
read_marks (BoxReader * self, GstBuffer * buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while (self->boxes->len < CNX_BOXES_MOST && (meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *) meta;
    const GstStructure *found = gst_video_region_of_interest_meta_get_param (roi, "classification");
    const BoxPlace place = { roi->x, roi->y, roi->w, roi->h };
    const char *label = NULL;
    double confidence = 0;
    if (!found)
      continue;
    read_best (found, &label, &confidence);
    append_box (self, &place, g_quark_to_string (roi->roi_type), label, confidence);
  }
}

static gboolean
read_list (const CnxMetaLabels * labels, gpointer user_data)
{
  const BoxReader *self = user_data;

  for (guint i = 0; i < labels->n_regions; i++) {
    const CnxMetaRegion *region = &labels->regions[i];
    const GstVideoRectangle box = cnx_region_meta_box (labels, i, self->width, self->height);
    const BoxPlace place = { box.x, box.y, box.w, box.h };
    append_box (user_data, &place, region->kind, region->n > 0 ? region->labels[0].label : NULL,
        region->n > 0 ? region->labels[0].confidence : 0);
  }
  return TRUE;
}

GArray *
cnx_boxes_read (GstBuffer * buffer, const GstVideoInfo * info, const CnxLooks * looks, int rows_apart, gboolean lists)
{
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  BoxReader reader = { cnx_boxes_new (), looks, crop ? crop->x : 0, crop ? crop->y : 0, info->width,
    info->height, rows_apart
  };

  cnx_frame_size (buffer, &reader.width, &reader.height);
  read_marks (&reader, buffer);
  if (lists && reader.boxes->len == 0)
    cnx_label_meta_foreach (buffer, read_list, &reader);
  return reader.boxes;
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
