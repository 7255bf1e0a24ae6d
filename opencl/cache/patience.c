#include "opencl/cache/patience.h"
#include "opencl/cache/folder.h"

#define PATIENCE (2 * G_USEC_PER_SEC)

struct _CnxPatience
{
  GThread *thread;              /* NULL where there can be none: then nothing is said */
  GMutex lock;                  /* guards what follows */
  GCond changed;
  char *text;
  gboolean over;
};

static gpointer
wait_and_say (gpointer data)
{
  CnxPatience *self = data;
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->over)
    if (!g_cond_wait_until (&self->changed, &self->lock, end))
      break;
  if (!self->over)
    g_log (CNX_LOG_DOMAIN, G_LOG_LEVEL_INFO, "%s", self->text);
  return NULL;
}

CnxPatience *
cnx_patience_new (const char *text)
{
  CnxPatience *self = g_new0 (CnxPatience, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->text = g_strdup (text);
  self->thread = g_thread_try_new ("patience", wait_and_say, self, NULL);
  return self;
}

void
cnx_patience_set (CnxPatience * self, const char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_free (self->text);
  self->text = g_strdup (text);
}

void
cnx_patience_free (CnxPatience * self)
{
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  if (self->thread)
    g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->text);
  g_free (self);
}
