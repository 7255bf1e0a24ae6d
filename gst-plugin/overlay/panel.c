#include "gst-plugin/overlay/panel.h"
#include "gst-plugin/labels/labelmeta.h"

#include <math.h>
#include <string.h>

/* Lines that a row takes where there are bars: a label has one below it. */
static const double bar_heights[] = {
  [CNX_ROW_LABEL] = 1.35,
  [CNX_ROW_HEADING] = 0.9,
  [CNX_ROW_STATS] = 0.9,
};

typedef struct
{
  GArray *panel;
  const CnxLooks *looks;
  guint owner;                  /* of the classification that is next */
  guint labelled;               /* classifications with something to show */
  gboolean lists;               /* one has regions */
} PanelReader;

static void
clear_row (gpointer data)
{
  CnxPanelRow *row = data;

  g_free (row->text);
  g_free (row->figure);
}

GArray *
cnx_panel_new (void)
{
  GArray *panel = g_array_new (FALSE, FALSE, sizeof (CnxPanelRow));

  g_array_set_clear_func (panel, clear_row);
  return panel;
}

void
cnx_panel_append (GArray * panel, const CnxPanelRow * row)
{
  CnxPanelRow copy = *row;

  copy.text = g_strdup (row->text);
  copy.figure = g_strdup (row->figure);
  g_array_append_val (panel, copy);
}

GArray *
cnx_panel_copy (const GArray * panel)
{
  GArray *copy = cnx_panel_new ();

  for (guint i = 0; i < panel->len; i++)
    cnx_panel_append (copy, &g_array_index (panel, CnxPanelRow, i));
  return copy;
}

char *
cnx_panel_line (const char *text)
{
  return g_strdelimit (g_utf8_make_valid (text, -1), "\r\n\t", ' ');
}

char *
cnx_panel_figure (const CnxLooks * looks, double confidence)
{
  return looks->show_confidence && isfinite (confidence) ? g_strdup_printf ("%.0f %%", confidence * 100) : NULL;
}

CnxPanelRow *
cnx_panel_add (GArray * panel, const CnxLooks * looks, CnxRowKind kind, const char *text)
{
  const CnxPanelRow row = {.kind = kind,.text = cnx_panel_line (text),
    .height = looks->style == CNX_STYLE_BARS ? bar_heights[kind] : 1,.presence = 1
  };

  g_array_append_val (panel, row);
  return &g_array_index (panel, CnxPanelRow, panel->len - 1);
}

static void
append_label (PanelReader * reader, const CnxMetaLabel * label)
{
  CnxPanelRow *row = cnx_panel_add (reader->panel, reader->looks, CNX_ROW_LABEL, label->label);

  row->id = label->id;
  row->owner = reader->owner;
  row->figure = cnx_panel_figure (reader->looks, label->confidence);
  if (reader->looks->style == CNX_STYLE_BARS) {
    row->bar = label->confidence > 0 ? MIN (label->confidence, 1) : 0;  /* not every classifier's is a share */
    row->track = 1;
  }
}

static gboolean
read_labels (const CnxMetaLabels * labels, gpointer user_data)
{
  PanelReader *reader = user_data;
  guint n = 0;

  for (guint i = 0; i < labels->n && n < reader->looks->max_labels; i++) {
    if (!cnx_looks_pass (reader->looks, labels->labels[i].confidence))
      continue;
    if (n++ == 0 && labels->model)
      cnx_panel_add (reader->panel, reader->looks, CNX_ROW_HEADING, labels->model)->owner = reader->owner;
    append_label (reader, &labels->labels[i]);
  }
  reader->labelled += n > 0;
  reader->lists = reader->lists || labels->n_regions > 0;
  reader->owner++;
  return TRUE;
}

GArray *
cnx_panel_read (GstBuffer * buffer, const CnxLooks * looks, gboolean * lists)
{
  PanelReader reader = { cnx_panel_new (), looks };

  cnx_label_meta_foreach (buffer, read_labels, &reader);
  *lists = reader.lists;
  if (reader.labelled == 1 && g_array_index (reader.panel, CnxPanelRow, 0).kind == CNX_ROW_HEADING)
    g_array_remove_index (reader.panel, 0);
  return reader.panel;
}

gboolean
cnx_panel_row_same (const CnxPanelRow * a, const CnxPanelRow * b)
{
  return a->kind == b->kind && a->id == b->id && a->owner == b->owner && strcmp (a->text, b->text) == 0;
}

static gboolean
looks_same (const CnxPanelRow * a, const CnxPanelRow * b)
{
  return a->kind == b->kind && strcmp (a->text, b->text) == 0 && g_strcmp0 (a->figure, b->figure) == 0
      && a->height == b->height && a->presence == b->presence && a->bar == b->bar && a->track == b->track;
}

gboolean
cnx_panel_equal (const GArray * a, const GArray * b)
{
  if (!b || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!looks_same (&g_array_index (a, CnxPanelRow, i), &g_array_index (b, CnxPanelRow, i)))
      return FALSE;
  return TRUE;
}
