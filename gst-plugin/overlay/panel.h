/* What the panel over a frame shows: a description, which is painted where it is not the same as the one before. */
#pragma once

#include <gst/gst.h>

#include "gst-plugin/overlay/looks.h"

G_BEGIN_DECLS

typedef enum
{
  CNX_ROW_LABEL,
  CNX_ROW_HEADING,              /* smaller: whose labels follow */
  CNX_ROW_STATS,                /* smaller: how it goes */
} CnxRowKind;

/**
 * CnxPanelRow:
 * @text: a line of valid UTF-8
 * @figure: what stands behind it, paler; NULL: nothing
 * @id, @owner: the class, and which of the buffer's classifiers says it, from 0: two labels may have one text
 * @height: in lines
 * @presence: 0..1: how much of the text is there while it comes or goes
 * @bar, @track: 0..1: the bar's length, and how much of it and of what it lies on is there; 0 without bars
 */
typedef struct
{
  CnxRowKind kind;
  char *text, *figure;
  int id;
  guint owner;
  double height, presence, bar, track;
} CnxPanelRow;

/** No rows. A panel is an array of CnxPanelRow, from the top down. Free with g_array_unref(). */
GArray *cnx_panel_new (void);

/** Adds a copy of @row. */
void cnx_panel_append (GArray * panel, const CnxPanelRow * row);

/** Adds a row that is all there, as high as @looks has it, with cnx_panel_line() of @text. The
 * panel's, until the next is added. */
CnxPanelRow *cnx_panel_add (GArray * panel, const CnxLooks * looks, CnxRowKind kind, const char *text);

/** The same rows once more. Free with g_array_unref(). */
GArray *cnx_panel_copy (const GArray * panel);

/** The labels on @buffer that @looks lets through. Where several classifiers have some, each one's stand below its
 * model's name. Writes to @lists whether one of them lists regions. Free with g_array_unref(). */
GArray *cnx_panel_read (GstBuffer * buffer, const CnxLooks * looks, gboolean * lists);

/** @text, which may be anything, as one line of valid UTF-8: a label is as its file or another element wrote it. Free
 * with g_free(). */
char *cnx_panel_line (const char *text);

/** A confidence as @looks has it written; NULL: not at all, or it is none. Free with g_free(). */
char *cnx_panel_figure (const CnxLooks * looks, double confidence);

/** Whether they look the same. @b may be NULL. */
gboolean cnx_panel_equal (const GArray * a, const GArray * b);

/** Whether two rows are of the same thing, whatever their figures and bars. */
gboolean cnx_panel_row_same (const CnxPanelRow * a, const CnxPanelRow * b);

G_END_DECLS
