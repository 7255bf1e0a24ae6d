#include "gst-plugin/overlay/labelpaint.h"
#include "gst-plugin/overlay/barpaint.h"

#include <math.h>


/* In lines: of the panel around its text, and of the frame around the panel. */
#define PADDING 0.3
#define MARGIN 0.5

/* Pango's alpha is the whole of it, and 0 would be none set. */
static void
append_span (GString * markup, const char *size, const char *text, const CnxLooks * looks)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append_printf (markup, "<span%s alpha='%d'>%s</span>", size,
      MAX ((int) (CNX_PALE * (looks->colour >> 24) / 255 * 65535), 1), escaped);
}

/* One text for all the rows, so that those from right to left end where the others do. */
static char *
markup_of (const GArray * panel, const CnxLooks * looks)
{
  GString *markup = g_string_new (NULL);

  for (guint i = 0; i < panel->len; i++) {
    const CnxPanelRow *row = &g_array_index (panel, CnxPanelRow, i);
    const char *size = row->kind == CNX_ROW_LABEL ? "" : " size='smaller'";
    if (i > 0)
      g_string_append_c (markup, '\n');
    if (row->kind == CNX_ROW_LABEL) {
      g_autofree char *escaped = g_markup_escape_text (row->text, -1);
      g_string_append (markup, escaped);
    } else
      append_span (markup, size, row->text, looks);
    if (row->figure) {
      g_string_append (markup, "  ");
      append_span (markup, size, row->figure, looks);
    }
  }
  return g_string_free (markup, FALSE);
}

/* What is on the panel: one of the two. */
typedef struct
{
  PangoLayout *text;
  CnxBars *bars;
} Content;

static PangoLayout *
text_new (const GArray * panel, const CnxLooks * looks, double line, double most)
{
  PangoLayout *layout = cnx_letters_new (line, looks->font);
  g_autofree char *markup = markup_of (panel, looks);

  pango_layout_set_markup (layout, markup, -1);
  /* a name says most at its start, and the confidence is at the end */
  cnx_letters_fit (layout, most, PANGO_ELLIPSIZE_MIDDLE);
  return layout;
}

static void
content_clear (Content * content)
{
  g_clear_object (&content->text);
  g_clear_pointer (&content->bars, cnx_bars_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Content, content_clear)

static void
content_measure (const Content * content, double *width, double *height)
{
  int x, y;

  if (content->bars) {
    *width = cnx_bars_width (content->bars);
    *height = cnx_bars_height (content->bars);
    return;
  }
  pango_layout_get_pixel_size (content->text, &x, &y);
  *width = x;
  *height = y;
}

static gboolean
content_is_legible (const Content * content)
{
  int letters = 0, unknown = 0;

  if (content->bars)
    cnx_bars_count (content->bars, &letters, &unknown);
  else
    cnx_letters_count (content->text, &letters, &unknown);
  return letters == 0 || unknown < letters;
}

static void
content_paint (const Content * content, CnxCanvas * canvas, double padding, const CnxLooks * looks)
{
  if (content->bars) {
    cnx_bars_paint (content->bars, canvas, padding, padding);
    return;
  }
  cnx_canvas_set_colour (canvas, looks->colour, 1);
  cairo_move_to (canvas->cr, padding, padding);
  pango_cairo_show_layout (canvas->cr, content->text);
}

/* Bars are as many lines wide in a frame that is high and narrow, too: else nothing were left of the labels. */
static double
line_of (const GstVideoInfo * info, const CnxLooks * looks, double narrow)
{
  const gboolean bars = looks->style == CNX_STYLE_BARS;

  return cnx_looks_line (looks, info->height,
      bars ? info->width / narrow / (CNX_BARS_WIDTH + 2 * (MARGIN + PADDING)) : info->height);
}

GstVideoOverlayRectangle *
cnx_paint_panel (const GArray * panel, const GstVideoInfo * info, const CnxLooks * looks, gboolean * legible)
{
  const double narrow = cnx_canvas_narrow (info), line = line_of (info, looks, narrow);
  const double padding = line * PADDING, margin = line * MARGIN;
  const double most = info->width / narrow - 2 * (margin + padding);
  g_auto (Content) content = { NULL, NULL };
  double content_width, content_height;
  CnxCanvas canvas;

  *legible = TRUE;
  if (panel->len == 0)
    return NULL;
  if (looks->style == CNX_STYLE_BARS)
    content.bars = cnx_bars_new (panel, looks, line, most);
  else
    content.text = text_new (panel, looks, line, most);
  content_measure (&content, &content_width, &content_height);
  const int width = (int) MIN (ceil ((content_width + 2 * padding) * narrow), info->width);
  const int height = (int) MIN (ceil (content_height + 2 * padding), info->height);
  *legible = content_is_legible (&content);
  if (width < 1 || height < 1 || !*legible || !cnx_canvas_begin (&canvas, width, height, narrow))
    return NULL;
  const double there = content.bars ? MIN (2 * content_height / line, 1) : 1;   /* of a panel that opens or closes */
  cnx_canvas_set_colour (&canvas, looks->background, looks->opacity * there);
  cnx_canvas_fill_rounded (&canvas, 0, 0, width / narrow, height, padding);
  content_paint (&content, &canvas, padding, looks);

  const gboolean right = looks->position & 1, bottom = looks->position & 2;
  const int x = (int) MIN (margin * narrow, info->width - width);
  const int y = (int) MIN (margin, info->height - height);
  return cnx_canvas_end (&canvas, right ? info->width - width - x : x, bottom ? info->height - height - y : y);
}
