#include "gst-plugin/overlay/boxpaint.h"

#include <math.h>

/* In lines. */
#define THICKNESS 0.06
#define TAG_HEIGHT 0.8
#define TAG_PADDING 0.2
#define TAG_WIDTH 8             /* where the box is narrower */

#define OUTLINE 1               /* pixel, so that the line is seen on what has its colour */
#define LEAST_THICKNESS 2

typedef struct
{
  const GstVideoInfo *info;
  const CnxLooks *looks;
  GPtrArray *pictures;
  double line, narrow;
  int across, down;             /* how thick lines are in both directions, with their outlines */
  gboolean legible;
} BoxPainter;

static void
add_ring (cairo_t * cr, const CnxBox * box, double x, double y, double thick_x, double thick_y)
{
  cairo_rectangle (cr, box->left + x, box->top + y, box->right - box->left - 2 * x, box->bottom - box->top - 2 * y);
  cairo_rectangle (cr, box->left + x + thick_x, box->top + y + thick_y,
      MAX (box->right - box->left - 2 * (x + thick_x), 0), MAX (box->bottom - box->top - 2 * (y + thick_y), 0));
  cairo_fill (cr);
}

/* What of the line around @box lies between these, as far as that is in the frame. */
static void
paint_part (BoxPainter * self, const CnxBox * box, int left, int top, int right, int bottom)
{
  CnxCanvas canvas;

  left = MAX (left, 0);
  top = MAX (top, 0);
  right = MIN (right, self->info->width);
  bottom = MIN (bottom, self->info->height);
  if (right <= left || bottom <= top || !cnx_canvas_begin (&canvas, right - left, bottom - top, 1))
    return;
  cairo_translate (canvas.cr, -left, -top);
  cairo_set_fill_rule (canvas.cr, CAIRO_FILL_RULE_EVEN_ODD);
  cairo_set_antialias (canvas.cr, CAIRO_ANTIALIAS_NONE);
  cnx_canvas_set_colour (&canvas, self->looks->background, self->looks->opacity);
  add_ring (canvas.cr, box, 0, 0, self->across, self->down);
  cnx_canvas_set_colour (&canvas, self->looks->colour, 1);
  cairo_set_operator (canvas.cr, CAIRO_OPERATOR_SOURCE);
  add_ring (canvas.cr, box, OUTLINE, OUTLINE, self->across - 2 * OUTLINE, self->down - 2 * OUTLINE);
  g_ptr_array_add (self->pictures, cnx_canvas_end (&canvas, left, top));
}

static void
paint_outline (BoxPainter * self, const CnxBox * box)
{
  const int across = self->across, down = self->down;

  if (box->right - box->left <= 2 * across || box->bottom - box->top <= 2 * down) {
    paint_part (self, box, box->left, box->top, box->right, box->bottom);
    return;
  }
  paint_part (self, box, box->left, box->top, box->right, box->top + down);
  paint_part (self, box, box->left, box->bottom - down, box->right, box->bottom);
  paint_part (self, box, box->left, box->top + down, box->left + across, box->bottom - down);
  paint_part (self, box, box->right - across, box->top + down, box->right, box->bottom - down);
}

/* @box's text and figure. */
static PangoLayout *
tag_new (BoxPainter * self, const CnxBox * box, double most)
{
  PangoLayout *layout = cnx_letters_new (self->line * TAG_HEIGHT, self->looks->font);
  g_autofree char *text = box->figure ? g_strconcat (box->text, "  ", box->figure, NULL) : g_strdup (box->text);

  pango_layout_set_text (layout, text, -1);
  cnx_letters_fit (layout, most, PANGO_ELLIPSIZE_MIDDLE);
  return layout;
}

/* Above the box, or at its top where there is no room above. */
static void
paint_tag (BoxPainter * self, const CnxBox * box)
{
  const double padding = TAG_PADDING * self->line, frame = self->info->width / self->narrow;
  const double most = MIN (MAX ((box->right - box->left) / self->narrow, TAG_WIDTH * self->line), frame) - 2 * padding;
  g_autoptr (PangoLayout) layout = tag_new (self, box, most);
  int text_width, text_height, letters = 0, unknown = 0;
  CnxCanvas canvas;

  cnx_letters_count (layout, &letters, &unknown);
  if (letters == 0)
    return;
  if (unknown >= letters) {
    self->legible = FALSE;
    return;
  }
  pango_layout_get_pixel_size (layout, &text_width, &text_height);
  const int width = (int) MIN (ceil ((text_width + 2 * padding) * self->narrow), self->info->width);
  const int height = MIN (text_height, self->info->height);
  if (width < 1 || height < 1 || !cnx_canvas_begin (&canvas, width, height, self->narrow))
    return;
  cnx_canvas_set_colour (&canvas, self->looks->background, self->looks->opacity);
  cairo_paint (canvas.cr);
  cnx_canvas_set_colour (&canvas, self->looks->colour, 1);
  cairo_move_to (canvas.cr, padding, 0);
  pango_cairo_show_layout (canvas.cr, layout);
  const int y = box->top >= height ? box->top - height : box->top + self->down;
  g_ptr_array_add (self->pictures, cnx_canvas_end (&canvas, CLAMP (box->left, 0, self->info->width - width),
          CLAMP (y, 0, self->info->height - height)));
}

void
cnx_paint_boxes (const GArray * boxes, const GstVideoInfo * info, const CnxLooks * looks, GPtrArray * pictures,
    gboolean * legible)
{
  const double line = cnx_looks_line (looks, info->height, info->height), narrow = cnx_canvas_narrow (info);
  const double thickness = MAX (THICKNESS * line, LEAST_THICKNESS);
  BoxPainter self = { info, looks, pictures, line, narrow,
    (int) MIN (ceil (thickness * narrow), info->width) + 2 * OUTLINE, (int) ceil (thickness) + 2 * OUTLINE, TRUE
  };

  for (guint i = 0; i < boxes->len; i++)
    paint_outline (&self, &g_array_index (boxes, CnxBox, i));
  for (guint i = 0; i < boxes->len; i++) {
    const CnxBox *box = &g_array_index (boxes, CnxBox, i);
    if (box->right > 0 && box->bottom > 0 && box->left < info->width && box->top < info->height)
      paint_tag (&self, box);
  }
  *legible = self.legible;
}
