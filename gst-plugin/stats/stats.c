#include "gst-plugin/stats/stats.h"

static const char *const fields[CNX_FATES] = {
  [CNX_FATE_CLASSIFIED] = "classified",
  [CNX_FATE_INTERVAL] = "skipped-interval",
  [CNX_FATE_RATE] = "skipped-rate",
  [CNX_FATE_SCENE] = "skipped-scene",
  [CNX_FATE_BUSY] = "skipped-busy",
  [CNX_FATE_LATE] = "skipped-qos",
  [CNX_FATE_KNOWN] = "skipped-known",
};

/* Which of a histogram's numbers are told. */
enum
{ MEAN = 1, MEDIAN = 2, P99 = 4 };

void
cnx_stats_init (CnxStats * self)
{
  g_mutex_init (&self->lock);
}

void
cnx_stats_clear (CnxStats * self)
{
  cnx_stats_set_engine (self, NULL);
  g_mutex_clear (&self->lock);
}

void
cnx_stats_reset (CnxStats * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->numbers = (CnxStatsNumbers) { 0 };
}

/* The old one is let go of without the lock, for it may be its end. */
void
cnx_stats_set_engine (CnxStats * self, CnxEngine * engine)
{
  g_mutex_lock (&self->lock);
  CnxEngine *before = self->engine;
  self->engine = engine ? cnx_engine_ref (engine) : NULL;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&before, cnx_engine_unref);
}

void
cnx_stats_add_frame (CnxStats * self, CnxFate fate, GstClockTime age)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->numbers.frames[fate]++;
  if (GST_CLOCK_TIME_IS_VALID (age))
    cnx_histogram_add (&self->numbers.ages, age / GST_USECOND);
}

static void
add (CnxStats * self, CnxHistogram * histogram, gint64 took)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  cnx_histogram_add (histogram, MAX (took, 0));
}

void
cnx_stats_add_reading (CnxStats * self, gint64 took)
{
  add (self, &self->numbers.reading, took);
}

void
cnx_stats_add_pass (CnxStats * self, gint64 took)
{
  add (self, &self->numbers.passes, took);
}

/* ---- as the property has it ---- */

static void
set_counts (GstStructure * s, const guint64 * frames)
{
  guint64 all = 0;

  for (guint i = 0; i < CNX_FATES; i++)
    all += frames[i];
  gst_structure_set (s, "frames", G_TYPE_UINT64, all, NULL);
  for (guint i = 0; i < CNX_FATES; i++)
    gst_structure_set (s, fields[i], G_TYPE_UINT64, frames[i], NULL);
}

static void
set_milliseconds (GstStructure * s, const char *what, const char *which, double microseconds)
{
  g_autofree char *name = g_strconcat (what, "-", which, NULL);

  gst_structure_set (s, name, G_TYPE_DOUBLE, microseconds / 1000, NULL);
}

static void
set_times (GstStructure * s, const char *what, const CnxHistogram * histogram, guint told)
{
  if (histogram->n == 0)
    return;
  if (told & MEAN)
    set_milliseconds (s, what, "mean", cnx_histogram_mean (histogram));
  if (told & MEDIAN)
    set_milliseconds (s, what, "p50", cnx_histogram_quantile (histogram, 0.5));
  if (told & P99)
    set_milliseconds (s, what, "p99", cnx_histogram_quantile (histogram, 0.99));
}

static void
set_engine (GstStructure * s, CnxEngine * engine)
{
  guint64 passes, pictures;

  cnx_engine_count (engine, &passes, &pictures);
  gst_structure_set (s, "batches", G_TYPE_UINT64, passes,
      "model", G_TYPE_STRING, cnx_model_name (cnx_engine_model (engine)),
      "precision", G_TYPE_STRING, cnx_precision_name (cnx_network_precision (cnx_engine_network (engine))),
      "device", G_TYPE_STRING, cnx_device_info (cnx_engine_device (engine))->name, NULL);
  if (passes > 0)
    gst_structure_set (s, "batch-mean", G_TYPE_DOUBLE, (double) pictures / passes, NULL);
}

GstStructure *
cnx_stats_to_structure (CnxStats * self)
{
  GstStructure *s = gst_structure_new_empty ("convnext-stats");
  g_autofree CnxStatsNumbers *numbers = g_new (CnxStatsNumbers, 1);

  g_mutex_lock (&self->lock);   /* what is worked out of it makes nobody wait */
  *numbers = self->numbers;
  g_autoptr (CnxEngine) engine = self->engine ? cnx_engine_ref (self->engine) : NULL;
  g_mutex_unlock (&self->lock);
  set_counts (s, numbers->frames);
  set_times (s, "preprocess", &numbers->reading, MEAN | MEDIAN | P99);
  set_times (s, "pass", &numbers->passes, MEAN | MEDIAN | P99);
  set_times (s, "age", &numbers->ages, MEAN | P99);
  if (engine)
    set_engine (s, engine);
  return s;
}
