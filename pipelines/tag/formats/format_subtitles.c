/* Subtitles for a film: at any moment one cue, with a line for each label that is shown then. WebVTT, by the W3C's
 * specification, and SubRip, which has none: with the line ends, LF, and the times that mpv, VLC and ffmpeg read. */
#include "pipelines/tag/formats/format.h"

#include <math.h>
#include <string.h>

#include "pipelines/tag/formats/text.h"

typedef struct
{
  char point;                   /* before the milliseconds */
  gboolean numbered;
  void (*append_text) (GString * out, const char *text);
} Style;

/* Players take < > for tags and {\...} for commands, and there is no way to say that they are not: other brackets of
 * about the same look stand for them. */
static void
append_unmarked (GString * out, const char *text)
{
  for (; *text; text++) {
    if (*text == '<')
      g_string_append (out, "\xe2\x80\xb9");
    else if (*text == '>')
      g_string_append (out, "\xe2\x80\xba");
    else
      g_string_append_c (out, *text == '{' ? '(' : *text == '}' ? ')' : *text);
  }
}

static const Style vtt_style = { '.', FALSE, cnx_tag_append_escaped };
static const Style srt_style = { ',', TRUE, append_unmarked };

static gint64
milliseconds (double seconds)
{
  return llround (seconds * 1000);
}

static void
append_time (GString * out, gint64 time, char point)
{
  g_string_append_printf (out, "%02" G_GINT64_FORMAT ":%02d:%02d%c%03d", time / 3600000, (int) (time / 60000 % 60),
      (int) (time / 1000 % 60), point, (int) (time % 1000));
}

/* The likeliest first. */
static int
compare_shown (gconstpointer a, gconstpointer b)
{
  const CnxSegment *one = *(const CnxSegment * const *) a, *other = *(const CnxSegment * const *) b;
  int order = (one->mean < other->mean) - (one->mean > other->mean);

  if (order == 0)
    order = strcmp (one->label, other->label);
  return order ? order : (one->id > other->id) - (one->id < other->id);
}

static void
append_cue (GString * out, const Style * style, guint number, gint64 start, gint64 end, const GPtrArray * shown)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy ((GPtrArray *) shown, NULL, NULL);

  g_ptr_array_sort (sorted, compare_shown);
  if (style->numbered)
    g_string_append_printf (out, "%u\n", number);
  append_time (out, start, style->point);
  g_string_append (out, " --> ");
  append_time (out, end, style->point);
  g_string_append_c (out, '\n');
  for (guint i = 0; i < sorted->len; i++) {
    const CnxSegment *segment = g_ptr_array_index (sorted, i);
    g_autofree char *label = cnx_tag_plain_label (segment->label, segment->id);

    style->append_text (out, label);
    g_string_append_printf (out, " %d %%\n", (int) lround (100 * segment->mean));
  }
  g_string_append_c (out, '\n');
}

/* The earliest time after @now at which a label of @shown ends, or the segment @next begins. */
static gint64
next_change (const GPtrArray * shown, const CnxSegment * next)
{
  gint64 change = next ? milliseconds (next->start) : G_MAXINT64;

  for (guint i = 0; i < shown->len; i++)
    change = MIN (change, milliseconds (((const CnxSegment *) g_ptr_array_index (shown, i))->end));
  return change;
}

static void
remove_ended (GPtrArray * shown, gint64 now)
{
  for (guint i = shown->len; i-- > 0;)
    if (milliseconds (((const CnxSegment *) g_ptr_array_index (shown, i))->end) <= now)
      g_ptr_array_remove_index_fast (shown, i);
}

/* From change to change, in the order of the segments' starts. */
static void
append_cues (GString * out, const Style * style, const GArray * segments)
{
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();
  gint64 now = 0;
  guint number = 0, next = 0;

  while (next < segments->len || shown->len > 0) {
    const CnxSegment *following = next < segments->len ? &g_array_index (segments, CnxSegment, next) : NULL;
    const gint64 change = next_change (shown, following);

    if (shown->len > 0 && change > now)
      append_cue (out, style, ++number, now, change, shown);
    now = change;
    remove_ended (shown, now);
    while (next < segments->len && milliseconds (g_array_index (segments, CnxSegment, next).start) <= now)
      g_ptr_array_add (shown, &g_array_index (segments, CnxSegment, next++));
  }
}

static void
vtt_begin (GString * out, const CnxTagFacts * facts)
{
  g_string_append (out, "WEBVTT\n\n");
  if (!facts->model)
    return;
  /* A note has no entities, but nothing that ends it early gets through as one. */
  g_autofree char *name = cnx_tag_plain_label (facts->model->name, 0);
  g_string_append (out, "NOTE Labels of the model ");
  cnx_tag_append_escaped (out, name);
  g_string_append (out, "\n\n");
}

static gboolean
vtt_end (GString * out, const CnxTagFacts * facts, const CnxTagReport * report, GError ** error)
{
  append_cues (out, &vtt_style, report->segments);
  return TRUE;
}

static gboolean
srt_end (GString * out, const CnxTagFacts * facts, const CnxTagReport * report, GError ** error)
{
  append_cues (out, &srt_style, report->segments);
  return TRUE;
}

const CnxTagFormat cnx_tag_vtt = {.name = "vtt",.extension = ".vtt",.drops_extension = TRUE,.films_only = TRUE,
  .begin = vtt_begin,.end = vtt_end
};

const CnxTagFormat cnx_tag_srt = {.name = "srt",.extension = ".srt",.drops_extension = TRUE,.films_only = TRUE,
  .end = srt_end
};
