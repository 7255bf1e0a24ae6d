#include "pipelines/watch/herald.h"

#include "core/error.h"

struct _CnxHerald
{
  CnxHeraldFunc func;
  gpointer data;
  GMutex lock;
};

static void
to_stderr (gpointer data, const char *line)
{
  g_printerr ("convnext watch: %s\n", line);
}

CnxHerald *
cnx_herald_new (CnxHeraldFunc func, gpointer data)
{
  CnxHerald *herald = g_atomic_rc_box_new0 (CnxHerald);

  herald->func = func ? func : to_stderr;
  herald->data = data;
  g_mutex_init (&herald->lock);
  return herald;
}

CnxHerald *
cnx_herald_ref (CnxHerald * herald)
{
  return g_atomic_rc_box_acquire (herald);
}

static void
clear (gpointer data)
{
  g_mutex_clear (&((CnxHerald *) data)->lock);
}

void
cnx_herald_unref (CnxHerald * herald)
{
  g_atomic_rc_box_release_full (herald, clear);
}

static void
say_text (CnxHerald * herald, const char *who, const char *text, guint64 unsaid)
{
  g_autofree char *printable = cnx_printable (text);
  g_autofree char *line = unsaid == 0 ? g_strdup_printf ("%s: %s", who, printable)
      : g_strdup_printf ("%s: %s (and %" G_GUINT64_FORMAT " times since that was said last)", who, printable, unsaid);

  herald->func (herald->data, line);
}

void
cnx_herald_say (CnxHerald * herald, const char *who, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_mutex_lock (&herald->lock);
  say_text (herald, who, text, 0);
  g_mutex_unlock (&herald->lock);
}

void
cnx_herald_say_seldom (CnxHerald * herald, CnxSeldom * seldom, const char *who, const char *format, ...)
{
  const gint64 now = g_get_monotonic_time ();
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_mutex_lock (&herald->lock);
  if (seldom->said != 0 && now - seldom->said < G_TIME_SPAN_MINUTE) {
    seldom->unsaid++;
  } else {
    say_text (herald, who, text, seldom->unsaid);
    seldom->said = now;
    seldom->unsaid = 0;
  }
  g_mutex_unlock (&herald->lock);
}
