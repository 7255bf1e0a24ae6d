/* What the panel over a frame shows of the labels that ride on it. */
#pragma once

#include <gst/gst.h>

#include "gst-plugin/overlay/looks.h"

G_BEGIN_DECLS

/** The labels on @buffer as Pango markup, one a line; "" for nothing. Free with g_free(). */
char *cnx_panel_text (GstBuffer * buffer, const CnxLooks * looks);

G_END_DECLS
