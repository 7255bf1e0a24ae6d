#include "gst-plugin/engine/loader.h"

#define SETTLES (G_USEC_PER_SEC / 10)

struct _CnxLoader
{
  GstElement *element;
  CnxLoadFailedFunc failed;
  gpointer failed_data;
  CnxOpenFunc open;
  gpointer open_data;

  GMutex lock;                  /* guards what follows */
  GCond changed;
  GThread *thread;
  gboolean stopping;
  CnxEngineSettings *wanted;    /* and not begun; NULL: nothing */
  gint64 since;                 /* when it was asked for, as g_get_monotonic_time() tells */
  guint ticket;                 /* of the newest */
  guint forgotten;              /* that one, and all before */
  CnxLoaded *loaded;            /* and not taken */
  CnxLoaded *spare;             /* the newest of those that are there, were never used, and something else is wanted */
  GQueue retired;               /* of CnxClassifier */
};

void
cnx_loaded_free (CnxLoaded * loaded)
{
  g_clear_pointer (&loaded->classifier, cnx_classifier_unref);
  cnx_engine_settings_free (loaded->settings);
  g_free (loaded);
}

static CnxEngine *
find_engine (gpointer user_data, GstElement * element, const CnxEngineSettings * settings, GError ** error)
{
  return cnx_engine_find (element, settings, FALSE, error);
}

CnxLoader *
cnx_loader_new (GstElement * element, CnxLoadFailedFunc failed, gpointer user_data)
{
  CnxLoader *self = g_new0 (CnxLoader, 1);

  self->element = element;
  self->failed = failed;
  self->failed_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  cnx_loader_set_open (self, NULL, NULL);
  return self;
}

void
cnx_loader_free (CnxLoader * self)
{
  cnx_loader_stop (self);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* ---- the thread ---- */

static CnxLoaded *
load (CnxLoader * self, const CnxEngineSettings * settings, GError ** error)
{
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (CnxEngine) engine = self->open (self->open_data, self->element, settings, error);
  CnxClassifier *classifier = engine ? cnx_classifier_new (engine, error) : NULL;

  if (!classifier)
    return NULL;
  CnxLoaded *loaded = g_new0 (CnxLoaded, 1);
  loaded->classifier = classifier;
  loaded->settings = cnx_engine_settings_copy (settings);
  loaded->seconds = (g_get_monotonic_time () - start) / (double) G_USEC_PER_SEC;
  return loaded;
}

/* With the lock held. The thread lets go of what @place has, for that takes its time. */
static void
drop (CnxLoader * self, CnxLoaded ** place)
{
  if (!*place)
    return;
  g_queue_push_tail (&self->retired, g_steal_pointer (&(*place)->classifier));
  g_clear_pointer (place, cnx_loaded_free);
  g_cond_broadcast (&self->changed);
}

/* With the lock held: in the place of another. */
static void
keep (CnxLoader * self, CnxLoaded ** place, CnxLoaded * loaded)
{
  drop (self, place);
  *place = loaded;
}

static gboolean
is_before (guint ticket, guint other)
{
  return (gint) (ticket - other) < 0;
}

/* With the lock held, which it lets go of meanwhile. Where something else is wanted by now, that may be had or not. */
static void
load_wanted (CnxLoader * self)
{
  g_autoptr (CnxEngineSettings) settings = g_steal_pointer (&self->wanted);
  g_autoptr (GError) error = NULL;
  const guint ticket = self->ticket;

  g_mutex_unlock (&self->lock);
  g_autoptr (CnxLoaded) loaded = load (self, settings, &error);
  if (!loaded)
    self->failed (self->failed_data, ticket, error);
  g_mutex_lock (&self->lock);
  if (!loaded)
    return;
  loaded->ticket = ticket;
  if (ticket == self->ticket)
    keep (self, &self->loaded, g_steal_pointer (&loaded));
  else if (is_before (self->forgotten, ticket))
    keep (self, &self->spare, g_steal_pointer (&loaded));
  else
    drop (self, &loaded);
}

static gboolean
is_settled (CnxLoader * self)
{
  return g_get_monotonic_time () >= self->since + SETTLES;
}

static gpointer
work (gpointer user_data)
{
  CnxLoader *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->stopping) {
    CnxClassifier *retired = g_queue_pop_head (&self->retired);

    if (retired) {
      g_mutex_unlock (&self->lock);
      cnx_classifier_unref (retired);
      g_mutex_lock (&self->lock);
    } else if (!self->wanted) {
      g_cond_wait (&self->changed, &self->lock);
    } else if (!is_settled (self)) {
      g_cond_wait_until (&self->changed, &self->lock, self->since + SETTLES);
    } else {
      load_wanted (self);
    }
  }
  return NULL;
}

/* ---- what is asked of it ---- */

/* With the lock held. */
static void
forget (CnxLoader * self)
{
  self->forgotten = ++self->ticket;
  g_clear_pointer (&self->wanted, cnx_engine_settings_free);
  drop (self, &self->loaded);
  drop (self, &self->spare);
}

/* With the lock held: what was asked for is no longer, but may be wanted again. */
static void
supersede (CnxLoader * self)
{
  self->ticket++;
  g_clear_pointer (&self->wanted, cnx_engine_settings_free);
  if (self->loaded)
    keep (self, &self->spare, g_steal_pointer (&self->loaded));
}

gboolean
cnx_loader_ask (CnxLoader * self, const CnxEngineSettings * settings, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  supersede (self);
  if (!self->thread && !(self->thread = g_thread_try_new ("convnext-load", work, self, error)))
    return FALSE;
  self->wanted = cnx_engine_settings_copy (settings);
  self->since = g_get_monotonic_time ();
  g_cond_broadcast (&self->changed);
  return TRUE;
}

gboolean
cnx_loader_is_newest (CnxLoader * self, guint ticket)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return ticket == self->ticket;
}

CnxLoaded *
cnx_loader_take (CnxLoader * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_steal_pointer (&self->loaded);
}

CnxEngineSettings *
cnx_loader_fall_back (CnxLoader * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->spare)
    return NULL;
  keep (self, &self->loaded, g_steal_pointer (&self->spare));
  self->loaded->ticket = self->ticket;
  return cnx_engine_settings_copy (self->loaded->settings);
}

void
cnx_loader_settle (CnxLoader * self, guint ticket)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->spare && is_before (self->spare->ticket, ticket))
    drop (self, &self->spare);
}

void
cnx_loader_forget (CnxLoader * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  forget (self);
}

void
cnx_loader_retire (CnxLoader * self, CnxClassifier * classifier)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_queue_push_tail (&self->retired, classifier);
  g_cond_broadcast (&self->changed);
}

void
cnx_loader_stop (CnxLoader * self)
{
  g_mutex_lock (&self->lock);
  forget (self);
  self->stopping = TRUE;
  g_cond_broadcast (&self->changed);
  GThread *thread = g_steal_pointer (&self->thread);
  g_mutex_unlock (&self->lock);
  if (thread)
    g_thread_join (thread);
  g_queue_clear_full (&self->retired, (GDestroyNotify) cnx_classifier_unref);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  self->stopping = FALSE;
}

void
cnx_loader_set_open (CnxLoader * self, CnxOpenFunc open, gpointer user_data)
{
  self->open = open ? open : find_engine;
  self->open_data = user_data;
}
