/* In which order outputs get to the disk and to their names: what a power cut must not find the other way round. */
#include "pipelines/tag/settler.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/temp_files.h"

/* ---- what the C library is asked for ---- */

static GString *calls;          /* a letter each */
static GMutex lock;

static void
log_call (char letter)
{
  g_mutex_lock (&lock);
  if (calls)
    g_string_append_c (calls, letter);
  g_mutex_unlock (&lock);
}

int
fsync (int fd)
{
  struct stat status;

  log_call (fstat (fd, &status) == 0 && S_ISDIR (status.st_mode) ? 'd' : 's');
  return syscall (SYS_fsync, fd);
}

int
fdatasync (int fd)
{
  log_call ('j');
  return syscall (SYS_fdatasync, fd);
}

int
renameat (int from, const char *old, int to, const char *name)
{
  log_call ('r');
  return syscall (SYS_renameat2, from, old, to, name, 0);
}

/* ---- settling ---- */

static void
on_failure (gpointer data, const char *path, const GError * error)
{
  g_ptr_array_add (data, g_strdup_printf ("%s: %s", path, error->message));
}

static CnxPlace *
written (const char *folder, const char *name)
{
  g_autoptr (GError) error = NULL;
  CnxPlace *place = cnx_place_new (folder, name);

  cnx_place_write (place, name, strlen (name), &error);
  g_assert_no_error (error);
  return place;
}

/* An input's outputs: NAME.txt, which its journal has a digest of, and NAME.xmp, which it has none of. */
static CnxSettlement *
settlement (const char *folder, CnxJournal * journal, const char *name)
{
  g_autofree char *text = g_strconcat (name, ".txt", NULL), *sidecar = g_strconcat (name, ".xmp", NULL);
  g_autoptr (GHashTable) outputs = g_hash_table_new (g_str_hash, g_str_equal);
  const CnxJournalEntry entry = { (char *) name, 7, 8, (char *) "key", TRUE, outputs };

  g_hash_table_insert (outputs, text, (gpointer) "00");
  g_hash_table_insert (outputs, sidecar, (gpointer) "");
  CnxSettlement *self = cnx_settlement_new (name, journal, &entry);
  g_ptr_array_add (self->others, written (folder, text));
  g_ptr_array_add (self->merged, written (folder, sidecar));
  return self;
}

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_order (void)
{
  g_autoptr (CnxTestDir) folder = cnx_test_make_dir ();
  g_autoptr (GPtrArray) failures = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (CnxJournal) journal = cnx_journal_open (folder, NULL);
  CnxSettler *settler = cnx_settler_new (on_failure, failures);
  g_autoptr (GString) log = calls = g_string_new (NULL);

  cnx_settler_add (settler, settlement (folder, journal, "a"));
  cnx_settler_add (settler, settlement (folder, journal, "b"));
  cnx_settler_free (settler);
  calls = NULL;
  /* the four files; the sidecars' names; both lines, and the journal's own name; the other names */
  g_assert_cmpstr (log->str, ==, "ssssrrddjdrr");
  g_assert_cmpuint (failures->len, ==, 0);
  g_assert_true (exists (folder, "a.txt") && exists (folder, "b.txt") && exists (folder, "b.xmp"));
}

/* One that cannot be put is told, and is not in the others' way. */
static void
test_failure (void)
{
  g_autoptr (CnxTestDir) folder = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (folder, "a.xmp", NULL);
  g_autofree char *inner = g_build_filename (path, "in it", NULL);
  g_autoptr (GPtrArray) failures = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (CnxJournal) journal = cnx_journal_open (folder, NULL);
  CnxSettler *settler = cnx_settler_new (on_failure, failures);

  g_assert_cmpint (g_mkdir_with_parents (inner, 0777), ==, 0);
  cnx_settler_add (settler, settlement (folder, journal, "a"));
  cnx_settler_add (settler, settlement (folder, journal, "b"));
  cnx_settler_free (settler);
  g_assert_cmpuint (failures->len, ==, 1);
  g_assert_nonnull (strstr (failures->pdata[0], "a.xmp cannot be written: "));
  g_assert_false (exists (folder, "a.txt"));
  g_assert_true (exists (folder, "b.txt") && exists (folder, "b.xmp"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag/settler/order", test_order);
  g_test_add_func ("/tag/settler/failure", test_failure);
  return g_test_run ();
}
