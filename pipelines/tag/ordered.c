#include "pipelines/tag/ordered.h"

#include <errno.h>
#include <stdio.h>

typedef struct
{
  GString *text;
  gboolean ended;
} Turn;

struct _CnxOrdered
{
  GMutex lock;
  GHashTable *waiting;          /* turn to Turn */
  guint current;
  int failure;                  /* errno; 0: none */
};

static void
turn_free (gpointer data)
{
  Turn *turn = data;

  g_string_free (turn->text, TRUE);
  g_free (turn);
}

CnxOrdered *
cnx_ordered_new (void)
{
  CnxOrdered *self = g_new0 (CnxOrdered, 1);

  g_mutex_init (&self->lock);
  self->waiting = g_hash_table_new_full (NULL, NULL, NULL, turn_free);
  return self;
}

void
cnx_ordered_free (CnxOrdered * self)
{
  g_hash_table_unref (self->waiting);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* With the lock held, as what follows. */
static Turn *
waiting_turn (CnxOrdered * self, guint number)
{
  Turn *turn = g_hash_table_lookup (self->waiting, GUINT_TO_POINTER (number));

  if (!turn) {
    turn = g_new0 (Turn, 1);
    turn->text = g_string_new (NULL);
    g_hash_table_insert (self->waiting, GUINT_TO_POINTER (number), turn);
  }
  return turn;
}

static void
put (CnxOrdered * self, const char *text, gsize size)
{
  errno = 0;
  if (!self->failure && size > 0 && (fwrite (text, 1, size, stdout) != size || fflush (stdout) != 0))
    self->failure = errno ? errno : EIO;
}

static void
go_on (CnxOrdered * self)
{
  Turn *turn;

  while ((turn = g_hash_table_lookup (self->waiting, GUINT_TO_POINTER (self->current)))) {
    put (self, turn->text->str, turn->text->len);
    g_string_truncate (turn->text, 0);
    if (!turn->ended)
      return;
    g_hash_table_remove (self->waiting, GUINT_TO_POINTER (self->current));
    self->current++;
  }
}

gboolean
cnx_ordered_write (CnxOrdered * self, guint number, const char *text, gsize size, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (number == self->current)
    put (self, text, size);
  else
    g_string_append_len (waiting_turn (self, number)->text, text, size);
  if (self->failure)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (self->failure),
        "cannot write to the standard output: %s", g_strerror (self->failure));
  return !self->failure;
}

void
cnx_ordered_end (CnxOrdered * self, guint number)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  waiting_turn (self, number)->ended = TRUE;
  go_on (self);
}

void
cnx_ordered_drop (CnxOrdered * self, guint number)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Turn *turn = g_hash_table_lookup (self->waiting, GUINT_TO_POINTER (number));

  if (turn)
    g_string_truncate (turn->text, 0);
}
