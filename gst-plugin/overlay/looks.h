/* The properties of `labeloverlay`: their texts and defaults, and where their values are kept. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  CNX_POSITION_TOP_LEFT,
  CNX_POSITION_TOP_RIGHT,
  CNX_POSITION_BOTTOM_LEFT,
  CNX_POSITION_BOTTOM_RIGHT,
} CnxPosition;

typedef enum
{
  CNX_STYLE_TEXT,
  CNX_STYLE_BARS,
} CnxStyle;

#define GST_TYPE_LABEL_OVERLAY_POSITION (gst_label_overlay_position_get_type ())
GType gst_label_overlay_position_get_type (void);
#define GST_TYPE_LABEL_OVERLAY_STYLE (gst_label_overlay_style_get_type ())
GType gst_label_overlay_style_get_type (void);

/**
 * CnxLooks:
 * @position: the frame's corner
 * @style: how labels are shown
 * @max_labels: at most so many of each classifier
 * @threshold: with at least this confidence
 * @show_confidence: whether it stands behind each label
 * @show_stats: whether there is more: how it goes
 * @show_regions: whether classified regions have boxes
 * @heatmap: whether there is drawn where the first label was seen
 * @font: a Pango font description without a size; NULL: "Sans Bold"
 * @text_height: a line's height, in hundredths of the frame's height
 * @colour: of text and bars, 0xAARRGGBB
 * @background: of the panel behind them, 0xAARRGGBB
 * @opacity: how much of the panel's own is there, 0..1
 * @changes: how often any of them was set
 *
 * Not locked: that is its element's to do.
 */
typedef struct
{
  CnxPosition position;
  CnxStyle style;
  guint max_labels;
  double threshold;
  gboolean show_confidence;
  gboolean show_stats;
  gboolean show_regions;
  gboolean heatmap;
  char *font;
  double text_height;
  guint colour;
  guint background;
  double opacity;
  guint changes;
} CnxLooks;

/** Installs the properties. */
void cnx_looks_install (GObjectClass * klass);

/** Their defaults. Clear with cnx_looks_clear(). */
void cnx_looks_init (CnxLooks * looks);
void cnx_looks_clear (CnxLooks * looks);

/** Makes @looks the same as @from. */
void cnx_looks_copy (CnxLooks * looks, const CnxLooks * from);

/** The value of the property with that id. */
void cnx_looks_get (const CnxLooks * looks, guint id, GValue * value);
void cnx_looks_set (CnxLooks * looks, guint id, const GValue * value);

/** Whether a label of that @confidence is drawn. */
gboolean cnx_looks_pass (const CnxLooks * looks, double confidence);

/** A line of text, in pixels, in a frame of @height of them; no more than @most, and what can be read in any case. */
double cnx_looks_line (const CnxLooks * looks, int height, double most);

G_END_DECLS
