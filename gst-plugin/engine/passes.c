#include "gst-plugin/engine/passes.h"
#include "core/error.h"
#include "core/finite.h"

#include <string.h>

/* One that waits for its pictures' logits; on its thread's stack. */
typedef struct
{
  const CnxNetworkInput *pictures;
  guint n;
  float *logits;
  gint64 since;                 /* as g_get_monotonic_time() tells */
  guint patience;               /* waits for others so long (us), if there are not enough of them */
  gboolean done;
  GError *error;
} Wish;

struct _CnxPasses
{
  CnxNetwork *network;
  gboolean is_cpu;
  gsize outputs;                /* floats of an answer */
  guint batch;

  GMutex lock;                  /* guards what follows */
  GCond changed;
  GQueue wishes;                /* Wish, in the order that they came */
  gboolean running;             /* one of the waiting threads runs a pass, and owns what is below */
  guint largest;
  guint64 passes, pictures;     /* so far */

  float *logits;                /* of a pass of several; NULL where there is none */
};

CnxPasses *
cnx_passes_new (CnxNetwork * network, gboolean is_cpu, GError ** error)
{
  g_autoptr (CnxPasses) self = g_new0 (CnxPasses, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->network = network;
  self->is_cpu = is_cpu;
  self->outputs = cnx_network_outputs (network);
  self->batch = cnx_network_batch (network);    /* more would run one after the other and come back together */
  if (self->batch > 1
      && !(self->logits = cnx_try_new (self->batch * self->outputs, sizeof (float), "a batch of answers", error)))
    return NULL;
  return g_steal_pointer (&self);
}

void
cnx_passes_free (CnxPasses * self)
{
  g_free (self->logits);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* Without the lock, by the one thread that runs. Numbers that are not finite are written too. */
static gboolean
run_pass (CnxPasses * self, Wish ** wishes, guint n, guint all, GError ** error)
{
  if (n == 1)
    return cnx_network_forward_pictures (self->network, wishes[0]->pictures, wishes[0]->n, wishes[0]->logits, error);
  g_autofree CnxNetworkInput *pictures = g_new (CnxNetworkInput, all);
  for (guint i = 0, at = 0; i < n; at += wishes[i++]->n)
    memcpy (pictures + at, wishes[i]->pictures, wishes[i]->n * sizeof *pictures);
  const gboolean ok = cnx_network_forward_pictures (self->network, pictures, all, self->logits, error);
  for (guint i = 0, at = 0; i < n; at += wishes[i++]->n)
    memcpy (wishes[i]->logits, self->logits + at * self->outputs, wishes[i]->n * self->outputs * sizeof (float));
  return ok;
}

/* Whether a pass that failed did so for this one: another's numbers that are not finite are that one's alone. */
static gboolean
failed_for (CnxPasses * self, const Wish * wish, const GError * error)
{
  return !g_error_matches (error, CNX_ERROR, CNX_ERROR_NUMBERS)
      || !cnx_check_finite (wish->logits, wish->n, self->outputs, NULL);
}

/* How many of those that wait for nobody go in one pass. They come back from it together: often just after their
 * streams' next frames have gone by. A CPU, to which a picture is nearly as much work in a batch as alone, has nothing
 * to do then until the ones after those; that costs it more than a batch gains. It takes a third of them: in a model of
 * the queue, of eight cameras that tick together, a half still loses 2.5 % of what passes of one give at worst, and a
 * third nothing. */
static guint
hasty_of_pass (CnxPasses * self)
{
  guint hasty = 0;

  for (GList * l = self->wishes.head; l; l = l->next)
    hasty += ((const Wish *) l->data)->patience == 0;
  return self->is_cpu ? (hasty + 2) / 3 : hasty;
}

/* Those that go in one pass with @first: of those that wait for others all that there is room for, in the order that
 * they came. Written to @wishes, which has room for all that wait; returns how many. @all: their pictures, of which
 * @first alone may have more than run at once. */
static guint
gather (CnxPasses * self, Wish * first, Wish ** wishes, guint * all)
{
  guint n = 0, hasty = hasty_of_pass (self) - (first->patience == 0);

  wishes[n++] = first;
  *all = first->n;
  for (GList * l = self->wishes.head; l && *all < self->batch; l = l->next) {
    Wish *wish = l->data;
    if (wish == first || wish->n > self->batch - *all || (wish->patience == 0 && hasty == 0))
      continue;
    hasty -= wish->patience == 0;
    wishes[n++] = wish;
    *all += wish->n;
  }
  return n;
}

/* Whether @wish is to wait no longer for others: its patience is at an end, or there are enough. */
static gboolean
is_time (CnxPasses * self, Wish * wish, Wish ** room)
{
  guint all;

  if (g_get_monotonic_time () >= wish->since + wish->patience)
    return TRUE;
  gather (self, wish, room, &all);
  return all >= self->batch;
}

/* Those of the next pass, the first of which has waited longest of those that are to wait no longer; 0: there is none
 * yet. As gather(). */
static guint
next_pass (CnxPasses * self, Wish ** wishes, guint * all)
{
  for (GList * l = self->wishes.head; l; l = l->next)
    if (is_time (self, l->data, wishes))
      return gather (self, l->data, wishes, all);
  return 0;
}

/* With the lock held, which it lets go of meanwhile. Returns FALSE where all that wait are to wait longer. */
static gboolean
serve (CnxPasses * self)
{
  g_autofree Wish **wishes = g_new (Wish *, g_queue_get_length (&self->wishes));
  g_autoptr (GError) error = NULL;
  guint pictures;
  const guint n = next_pass (self, wishes, &pictures);

  if (n == 0)
    return FALSE;
  for (guint i = 0; i < n; i++)
    g_queue_remove (&self->wishes, wishes[i]);
  self->running = TRUE;
  self->largest = MAX (self->largest, MIN (pictures, self->batch));
  self->passes += (pictures + self->batch - 1) / self->batch;
  self->pictures += pictures;
  g_mutex_unlock (&self->lock);
  const gboolean ok = run_pass (self, wishes, n, pictures, &error);
  g_mutex_lock (&self->lock);
  self->running = FALSE;
  for (guint i = 0; i < n; i++) {
    wishes[i]->error = ok || !failed_for (self, wishes[i], error) ? NULL : g_error_copy (error);
    wishes[i]->done = TRUE;
  }
  g_cond_broadcast (&self->changed);
  return TRUE;
}

/* Whoever comes, or has waited enough, while nobody runs a pass runs one; those who come meanwhile make up the next. */
gboolean
cnx_passes_forward (CnxPasses * self, const CnxNetworkInput * pictures, guint n, guint patience, float *logits,
    GError ** error)
{
  Wish wish = {.pictures = pictures,.n = n,.logits = logits,.since = g_get_monotonic_time (),.patience = patience };

  for (guint i = 0; i < n; i++)
    if (!cnx_network_takes (self->network, &pictures[i], error))
      return FALSE;
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->wishes, &wish);
  while (!wish.done) {
    if (self->running)
      g_cond_wait (&self->changed, &self->lock);
    else if (!serve (self))
      g_cond_wait_until (&self->changed, &self->lock, wish.since + wish.patience);
  }
  g_mutex_unlock (&self->lock);
  if (wish.error)
    g_propagate_error (error, wish.error);
  return wish.error == NULL;
}

void
cnx_passes_count (CnxPasses * self, guint64 * passes, guint64 * pictures)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *passes = self->passes;
  *pictures = self->pictures;
}

guint
cnx_passes_largest (CnxPasses * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->largest;
}

guint
cnx_passes_waiting (CnxPasses * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint waiting = 0;

  for (GList * l = self->wishes.head; l; l = l->next)
    waiting += ((const Wish *) l->data)->n;
  return waiting;
}
