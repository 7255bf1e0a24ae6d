/* What a part of `convnext watch` says while a test runs. */
#pragma once

#include <string.h>

#include "pipelines/watch/herald.h"

typedef struct
{
  GMutex lock;
  GPtrArray *lines;
  CnxHerald *herald;
} Said;

static inline void
said_line (gpointer data, const char *line)
{
  Said *said = data;

  g_test_message ("%s", line);
  g_mutex_lock (&said->lock);
  g_ptr_array_add (said->lines, g_strdup (line));
  g_mutex_unlock (&said->lock);
}

static inline Said *
said_new (void)
{
  Said *said = g_new0 (Said, 1);

  g_mutex_init (&said->lock);
  said->lines = g_ptr_array_new_with_free_func (g_free);
  said->herald = cnx_herald_new (said_line, said);
  return said;
}

static inline void
said_free (Said * said)
{
  cnx_herald_unref (said->herald);
  g_ptr_array_unref (said->lines);
  g_mutex_clear (&said->lock);
  g_free (said);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Said, said_free)

/* How many lines have @text in them. */
static inline guint
said_count (Said * said, const char *text)
{
  guint n = 0;

  g_mutex_lock (&said->lock);
  for (guint i = 0; i < said->lines->len; i++)
    n += strstr (g_ptr_array_index (said->lines, i), text) != NULL;
  g_mutex_unlock (&said->lock);
  return n;
}
