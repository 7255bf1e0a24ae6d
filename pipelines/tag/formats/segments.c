/* One stretch a label is open at a time; it is closed, and kept, when the label comes back too late. */
#include "pipelines/tag/formats/segments.h"

#include <math.h>
#include <string.h>

/* Times come from nanoseconds as doubles: what differs by less is the same time. */
#define SAME_TIME 1e-6
/* Seconds; longer than any GstClockTime. */
#define MAX_TIME 2e10

typedef struct
{
  CnxSegment segment;           /* its mean is the sum until the end */
  guint64 count;                /* classifications that have the label */
  guint64 last;                 /* the number of the last one of those */
} Stretch;

struct _CnxSegments
{
  double gap, min_length;
  GHashTable *open;             /* id -> Stretch, owned */
  GPtrArray *shown;             /* Stretch: those that the last classification has */
  GArray *closed;               /* Stretch */
  guint64 samples;
  double first, last;           /* times */
  gboolean finished;
  GArray *list, *shares;
};

/* Also 0 for what is no number. */
static double
clamp (double value, double most)
{
  return value > 0 ? MIN (value, most) : 0;
}

CnxSegments *
cnx_segments_new (double gap, double min_length)
{
  CnxSegments *segments = g_new0 (CnxSegments, 1);

  segments->gap = clamp (gap, MAX_TIME);
  segments->min_length = clamp (min_length, MAX_TIME);
  segments->open = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  segments->shown = g_ptr_array_new ();
  segments->closed = g_array_new (FALSE, FALSE, sizeof (Stretch));
  segments->list = g_array_new (FALSE, FALSE, sizeof (CnxSegment));
  segments->shares = g_array_new (FALSE, FALSE, sizeof (CnxShare));
  return segments;
}

void
cnx_segments_free (CnxSegments * segments)
{
  if (!segments)
    return;
  g_hash_table_unref (segments->open);
  g_ptr_array_unref (segments->shown);
  g_array_unref (segments->closed);
  g_array_unref (segments->list);
  g_array_unref (segments->shares);
  g_free (segments);
}

/* ---- adding ---- */

/* Whether @stretch, whose label is back at @time, was gone too long to go on. */
static gboolean
is_over (const CnxSegments * segments, const Stretch * stretch, double time)
{
  if (stretch->last == segments->samples - 1)
    return FALSE;
  return segments->gap == 0 || time - stretch->segment.end > segments->gap + SAME_TIME;
}

static void
show (CnxSegments * segments, double time, const CnxMetaLabel * label)
{
  Stretch *stretch = g_hash_table_lookup (segments->open, GINT_TO_POINTER (label->id));
  const double confidence = clamp (label->confidence, 1);

  if (!stretch) {
    stretch = g_new0 (Stretch, 1);
    g_hash_table_insert (segments->open, GINT_TO_POINTER (label->id), stretch);
  } else if (stretch->last == segments->samples) {
    return;                     /* an id that stands twice in one classification */
  } else if (is_over (segments, stretch, time)) {
    g_array_append_val (segments->closed, *stretch);
    memset (stretch, 0, sizeof *stretch);
  }
  if (stretch->count == 0) {
    stretch->segment.id = label->id;
    stretch->segment.label = label->label ? label->label : "";
    stretch->segment.start = time;
  }
  stretch->segment.mean += confidence;
  stretch->segment.peak = MAX (stretch->segment.peak, confidence);
  stretch->count++;
  stretch->last = segments->samples;
  g_ptr_array_add (segments->shown, stretch);
}

void
cnx_segments_add (CnxSegments * segments, double time, guint n, const CnxMetaLabel * labels)
{
  g_return_if_fail (!segments->finished);

  time = isfinite (time) ? clamp (time, MAX_TIME) : segments->last;
  segments->last = MAX (segments->last, time);
  if (segments->samples++ == 0)
    segments->first = segments->last;
  const guint before = segments->shown->len;
  for (guint i = 0; i < n; i++)
    show (segments, segments->last, &labels[i]);
  /* of those that go on it is not the end: they are in the list again */
  for (guint i = 0; i < before; i++)
    ((Stretch *) g_ptr_array_index (segments->shown, i))->segment.end = segments->last;
  if (before > 0)
    g_ptr_array_remove_range (segments->shown, 0, before);
}

/* ---- the end ---- */

static int
compare_segments (gconstpointer a, gconstpointer b)
{
  const CnxSegment *one = a, *other = b;
  int order = (one->start > other->start) - (one->start < other->start);

  if (order == 0)
    order = strcmp (one->label, other->label);
  return order ? order : (one->id > other->id) - (one->id < other->id);
}

static int
compare_shares (gconstpointer a, gconstpointer b)
{
  const CnxShare *one = a, *other = b;
  int order = (one->share < other->share) - (one->share > other->share);

  if (order == 0)
    order = (one->mean < other->mean) - (one->mean > other->mean);
  if (order == 0)
    order = strcmp (one->label, other->label);
  return order ? order : (one->id > other->id) - (one->id < other->id);
}

static void
close_all (CnxSegments * segments)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, segments->open);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Stretch *stretch = value;
    if (stretch->last == segments->samples)
      stretch->segment.end = segments->last;
    g_array_append_val (segments->closed, *stretch);
  }
  g_hash_table_remove_all (segments->open);
  g_ptr_array_set_size (segments->shown, 0);
}

/* Adds to its label's share, whose mean is a sum weighted by @counts. */
static void
add_to_share (CnxSegments * segments, GHashTable * places, GArray * counts, const Stretch * stretch)
{
  const CnxSegment *segment = &stretch->segment;
  gpointer place;

  if (!g_hash_table_lookup_extended (places, GINT_TO_POINTER (segment->id), NULL, &place)) {
    const CnxShare none = {.id = segment->id,.label = segment->label };
    const guint64 zero = 0;
    place = GUINT_TO_POINTER (segments->shares->len);
    g_hash_table_insert (places, GINT_TO_POINTER (segment->id), place);
    g_array_append_val (segments->shares, none);
    g_array_append_val (counts, zero);
  }
  CnxShare *share = &g_array_index (segments->shares, CnxShare, GPOINTER_TO_UINT (place));
  share->seconds += segment->end - segment->start;
  share->mean += segment->mean;
  share->peak = MAX (share->peak, segment->peak);
  g_array_index (counts, guint64, GPOINTER_TO_UINT (place)) += stretch->count;
}

static int
compare_stretches (gconstpointer a, gconstpointer b)
{
  return compare_segments (&((const Stretch *) a)->segment, &((const Stretch *) b)->segment);
}

void
cnx_segments_finish (CnxSegments * segments, double end)
{
  g_autoptr (GHashTable) places = g_hash_table_new (NULL, NULL);
  g_autoptr (GArray) counts = g_array_new (FALSE, FALSE, sizeof (guint64));

  if (segments->finished)
    return;
  segments->finished = TRUE;
  end = isfinite (end) ? clamp (end, MAX_TIME) : 0;
  if (end <= segments->last && segments->samples > 1)
    end = segments->last + (segments->last - segments->first) / (segments->samples - 1);
  segments->last = MAX (segments->last, end);
  close_all (segments);

  const double whole = segments->last - segments->first;
  g_array_sort (segments->closed, compare_stretches);
  for (guint i = 0; i < segments->closed->len; i++) {
    const Stretch *stretch = &g_array_index (segments->closed, Stretch, i);
    CnxSegment segment = stretch->segment;

    /* what has no length is a picture's: all that there is */
    if (whole > 0 && segment.end - segment.start < segments->min_length - SAME_TIME)
      continue;
    add_to_share (segments, places, counts, stretch);
    segment.mean = MIN (segment.mean / stretch->count, segment.peak);
    g_array_append_val (segments->list, segment);
  }
  g_array_set_size (segments->closed, 0);
  for (guint i = 0; i < segments->shares->len; i++) {
    CnxShare *share = &g_array_index (segments->shares, CnxShare, i);
    share->mean = MIN (share->mean / g_array_index (counts, guint64, i), share->peak);
    share->share = whole > 0 ? MIN (share->seconds / whole, 1) : 1;
  }
  g_array_sort (segments->shares, compare_shares);
}

const GArray *
cnx_segments_list (CnxSegments * segments)
{
  return segments->list;
}

const GArray *
cnx_segments_shares (CnxSegments * segments)
{
  return segments->shares;
}
