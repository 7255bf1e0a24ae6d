#include "gst-plugin/publish/news.h"

#include "core/input/name_hash.h"

#include <string.h>

/* Frames back that labels may come from; and streams, or classifiers of streams, that are kept in mind. */
#define REMEMBERED 256
#define MOST_KEPT 1024

typedef struct
{
  guint64 n;                    /* frames so far */
  GstClockTime times[REMEMBERED];       /* of the @i-th at i % REMEMBERED */
} Stream;

typedef struct
{
  guint64 look;                 /* the frame, of all, that it was last met on */
  gboolean was_seen, was_told;
  GstClockTime seen, told;      /* running times: of the result, and of the frame that it was told with */
  int id;                       /* what was told last: the first label; none is "" */
  char *label;
  char *regions;                /* signature_of() them */
} Classifier;

struct _CnxNews
{
  GHashTable *streams;          /* by id */
  GHashTable *classifiers;      /* by stream, model, and which one it is of those with the same */
  Stream *stream;               /* the frame's */
  GstClockTime now;             /* its running time */
  guint64 looks;
};

static void
free_classifier (gpointer data)
{
  g_free (((Classifier *) data)->label);
  g_free (((Classifier *) data)->regions);
  g_free (data);
}

CnxNews *
cnx_news_new (void)
{
  CnxNews *self = g_new0 (CnxNews, 1);

  self->streams = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, g_free);
  self->classifiers = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, free_classifier);
  return self;
}

void
cnx_news_free (CnxNews * self)
{
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->classifiers);
  g_free (self);
}

void
cnx_news_reset (CnxNews * self)
{
  g_hash_table_remove_all (self->streams);
  g_hash_table_remove_all (self->classifiers);
  self->stream = NULL;
}

/* What @table has for @key, which is made of zeros where there is nothing. A table is emptied when it is full: streams
 * come and go for as long as a pipeline runs. */
static gpointer
look_up (GHashTable * table, const char *key, gsize size)
{
  gpointer value = g_hash_table_lookup (table, key);

  if (value)
    return value;
  if (g_hash_table_size (table) >= MOST_KEPT)
    g_hash_table_remove_all (table);
  value = g_malloc0 (size);
  g_hash_table_insert (table, g_strdup (key), value);
  return value;
}

void
cnx_news_next_frame (CnxNews * self, const char *stream, GstClockTime running_time)
{
  self->stream = look_up (self->streams, stream ? stream : "", sizeof (Stream));
  self->stream->times[self->stream->n++ % REMEMBERED] = running_time;
  self->now = running_time;
  self->looks++;
}

gint64
cnx_news_frame_of (CnxNews * self, GstClockTime running_time)
{
  const Stream *stream = self->stream;
  const guint64 oldest = stream->n - MIN (stream->n, REMEMBERED);

  if (!GST_CLOCK_TIME_IS_VALID (running_time))
    return stream->n - 1;
  for (guint64 i = stream->n; i > oldest; i--)
    if (stream->times[(i - 1) % REMEMBERED] == running_time)
      return i - 1;
  return -1;
}

/* Two elements with one model, one behind the other, are two: the first that is not met on this frame yet. */
static Classifier *
classifier_of (CnxNews * self, const CnxMetaLabels * labels)
{
  for (guint i = 0;; i++) {
    g_autofree char *key = g_strdup_printf ("%s\n%s\n%u", labels->stream ? labels->stream : "",
        labels->model ? labels->model : "", i);
    Classifier *classifier = look_up (self->classifiers, key, sizeof (Classifier));

    if (classifier->look == self->looks)
      continue;
    classifier->look = self->looks;
    return classifier;
  }
}

static gboolean
was_seen (const Classifier * classifier, GstClockTime running_time)
{
  return classifier->was_seen && GST_CLOCK_TIME_IS_VALID (running_time) && classifier->seen == running_time;
}

static void
note_seen (Classifier * classifier, GstClockTime running_time)
{
  classifier->was_seen = TRUE;
  classifier->seen = running_time;
}

/* A running time before the one that was told is of a stream that began anew. */
static gboolean
is_too_soon (const Classifier * classifier, GstClockTime now, GstClockTime min_interval)
{
  return classifier->was_told && GST_CLOCK_TIME_IS_VALID (now) && GST_CLOCK_TIME_IS_VALID (classifier->told)
      && now >= classifier->told && now - classifier->told < min_interval;
}

static int
by_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Which regions there are, and the first label of each, wherever they are and in whichever order; NULL: none are
 * listed. */
static char *
signature_of (const CnxMetaLabels * labels)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  if (!labels->regions)
    return NULL;
  for (guint i = 0; i < labels->n_regions; i++) {
    const CnxMetaRegion *region = &labels->regions[i];
    const CnxMetaLabel *first = region->n > 0 ? region->labels : NULL;
    g_ptr_array_add (lines, g_strdup_printf ("%" G_GINT64_FORMAT "\t%d\t%s\t%s\n", region->id, first ? first->id : -1,
            region->kind ? region->kind : "", first && first->label ? first->label : ""));
  }
  g_ptr_array_sort (lines, by_text);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv (NULL, (char **) lines->pdata);
}

/* What is too soon is not noted as seen: the frames after carry it too, and in time it is told. */
gboolean
cnx_news_is (CnxNews * self, const CnxMetaLabels * labels, const CnxNewsRules * rules)
{
  Classifier *classifier = classifier_of (self, labels);
  const CnxMetaLabel *first = labels->n > 0 ? labels->labels : NULL;
  const char *label = first && first->label ? first->label : "";
  const int id = first ? first->id : -1;

  if (was_seen (classifier, labels->running_time))
    return FALSE;
  g_autofree char *regions = signature_of (labels);
  if (classifier->was_told && rules->on_change && classifier->id == id && g_str_equal (classifier->label, label)
      && g_strcmp0 (classifier->regions, regions) == 0) {
    note_seen (classifier, labels->running_time);
    return FALSE;
  }
  if (is_too_soon (classifier, self->now, rules->min_interval))
    return FALSE;
  note_seen (classifier, labels->running_time);
  classifier->was_told = TRUE;
  classifier->told = self->now;
  classifier->id = id;
  g_free (classifier->label);
  classifier->label = g_strdup (label);
  g_free (classifier->regions);
  classifier->regions = g_steal_pointer (&regions);
  return TRUE;
}
