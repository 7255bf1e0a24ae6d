#include "gst-plugin/overlay/barpaint.h"

#include <math.h>

/* In lines. */
#define BASELINE 0.74           /* below a row's top */
#define BAR_TOP 1.0
#define BAR_HEIGHT 0.14
#define FIGURE_WIDTH 2.6        /* what 100 % needs, so that labels keep their place beside less */
#define GAP 0.4                 /* between a label and its figure */

#define SMALLER 0.8             /* of the letters' size, in rows that are no labels */
#define TRACK 0.2               /* of the colour's opacity */
#define BAR 0.9
#define LEAST_BAR 2             /* pixels */

struct _CnxBars
{
  const GArray *panel;
  const CnxLooks *looks;
  double line, width;
  PangoLayout **labels, **figures;      /* of each row; a figure may be NULL */
};

static PangoLayout *
letters_of (const CnxBars * self, const CnxPanelRow * row, const char *text)
{
  PangoLayout *layout =
      cnx_letters_new (row->kind == CNX_ROW_LABEL ? self->line : self->line * SMALLER, self->looks->font);

  pango_layout_set_text (layout, text, -1);
  return layout;
}

static double
width_of (PangoLayout * layout)
{
  int width = 0;

  if (layout)
    pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

CnxBars *
cnx_bars_new (const GArray * panel, const CnxLooks * looks, double line, double most)
{
  CnxBars *self = g_new0 (CnxBars, 1);

  *self = (CnxBars) {
    panel, looks, line, MAX (MIN (CNX_BARS_WIDTH * line, most), 1), g_new0 (PangoLayout *, panel->len + 1),
    g_new0 (PangoLayout *, panel->len + 1)
  };
  for (guint i = 0; i < panel->len; i++) {
    const CnxPanelRow *row = &g_array_index (panel, CnxPanelRow, i);
    double room = self->width;
    if (row->figure) {
      self->figures[i] = letters_of (self, row, row->figure);
      room -= MAX (width_of (self->figures[i]), FIGURE_WIDTH * line) + GAP * line;
    }
    self->labels[i] = letters_of (self, row, row->text);
    cnx_letters_fit (self->labels[i], room, PANGO_ELLIPSIZE_END);
  }
  return self;
}

void
cnx_bars_free (CnxBars * self)
{
  for (guint i = 0; i < self->panel->len; i++) {
    g_object_unref (self->labels[i]);
    g_clear_object (&self->figures[i]);
  }
  g_free (self->labels);
  g_free (self->figures);
  g_free (self);
}

double
cnx_bars_width (const CnxBars * self)
{
  return self->width;
}

double
cnx_bars_height (const CnxBars * self)
{
  double lines = 0;

  for (guint i = 0; i < self->panel->len; i++)
    lines += g_array_index (self->panel, CnxPanelRow, i).height;
  return lines * self->line;
}

void
cnx_bars_count (const CnxBars * self, int *letters, int *unknown)
{
  for (guint i = 0; i < self->panel->len; i++) {
    cnx_letters_count (self->labels[i], letters, unknown);
    if (self->figures[i])
      cnx_letters_count (self->figures[i], letters, unknown);
  }
}

/* Letters of all fonts stand on one line. */
static void
paint_letters (const CnxBars * self, CnxCanvas * canvas, PangoLayout * layout, double x, double y, double share)
{
  cnx_canvas_set_colour (canvas, self->looks->colour, share);
  cairo_move_to (canvas->cr, x, y + BASELINE * self->line - pango_layout_get_baseline (layout) / PANGO_SCALE);
  pango_cairo_show_layout (canvas->cr, layout);
}

/* On whole pixels: a thin one would be a pale smear between two. */
static void
paint_bar (const CnxBars * self, CnxCanvas * canvas, const CnxPanelRow * row, double x, double y)
{
  const double height = MAX (round (BAR_HEIGHT * self->line), LEAST_BAR), top = round (y + BAR_TOP * self->line);

  cnx_canvas_set_colour (canvas, self->looks->colour, TRACK * row->track);
  cnx_canvas_fill_rounded (canvas, x, top, self->width, height, height / 2);
  cnx_canvas_set_colour (canvas, self->looks->colour, BAR * row->track);
  cnx_canvas_fill_rounded (canvas, x, top, self->width * row->bar, height, height / 2);
}

void
cnx_bars_paint (const CnxBars * self, CnxCanvas * canvas, double x, double y)
{
  for (guint i = 0; i < self->panel->len; i++) {
    const CnxPanelRow *row = &g_array_index (self->panel, CnxPanelRow, i);
    const double pale = row->kind == CNX_ROW_LABEL ? 1 : CNX_PALE;
    cairo_save (canvas->cr);
    cairo_rectangle (canvas->cr, x, y, self->width, row->height * self->line);
    cairo_clip (canvas->cr);    /* of a row that opens, what there is room for */
    paint_letters (self, canvas, self->labels[i], x, y, row->presence * pale);
    if (self->figures[i])
      paint_letters (self, canvas, self->figures[i], x + self->width - width_of (self->figures[i]), y,
          row->presence * CNX_PALE);
    if (row->track > 0)
      paint_bar (self, canvas, row, x, y);
    cairo_restore (canvas->cr);
    y += row->height * self->line;
  }
}
