/* The rows of a panel with bars: a label, its figure at the right, and below them the bar on its track. */
#pragma once

#include "gst-plugin/overlay/canvas.h"
#include "gst-plugin/overlay/panel.h"

G_BEGIN_DECLS

/** Of the rows, in lines, where there is room. */
#define CNX_BARS_WIDTH 12

typedef struct _CnxBars CnxBars;

/** Sets the letters of @panel, of lines of @line pixels, to be no wider than @most pixels. The panel and the looks must
 * live as long. Free with cnx_bars_free(). */
CnxBars *cnx_bars_new (const GArray * panel, const CnxLooks * looks, double line, double most);
void cnx_bars_free (CnxBars * bars);

/** Pixels as they are displayed. The width does not depend on what the rows say. */
double cnx_bars_width (const CnxBars * bars);
double cnx_bars_height (const CnxBars * bars);

/** As cnx_letters_count(), of all rows. */
void cnx_bars_count (const CnxBars * bars, int *letters, int *unknown);

/** Paints with the first row's corner at @x, @y. */
void cnx_bars_paint (const CnxBars * bars, CnxCanvas * canvas, double x, double y);

G_END_DECLS
