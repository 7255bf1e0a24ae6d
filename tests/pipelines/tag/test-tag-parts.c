/* Parts of `convnext tag`: which frames are taken, what times mean, whose output a name is, and whose turn it is. */
#include "pipelines/tag/journal.h"
#include "pipelines/tag/ordered.h"
#include "pipelines/tag/read/sampling.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/temp_files.h"

/* ---- sampling ---- */

/* The frames taken of a film of @n frames at @fps, from @first on. */
static GArray *
take (const CnxSampling * sampling, guint n, double fps, guint first)
{
  CnxSampler sampler = {.sampling = sampling };
  GArray *taken = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = first; i < n; i++)
    if (cnx_sampler_take (&sampler, (GstClockTime) (i / fps * GST_SECOND), i))
      g_array_append_val (taken, i);
  return taken;
}

static void
expect_frames (const CnxSampling * sampling, guint n, double fps, guint count, guint step)
{
  g_autoptr (GArray) taken = take (sampling, n, fps, 0);

  g_assert_cmpuint (taken->len, ==, count);
  for (guint i = 0; i < count; i++)
    g_assert_cmpuint (g_array_index (taken, guint, i), ==, i * step);
}

static void
test_rates (void)
{
  const CnxSampling once = {.rate = 1,.end = -1 }, twice = {.rate = 2,.end = -1 }, rarely = {.rate = 0.1,.end = -1 };
  const CnxSampling third = {.every = 3,.end = -1 }, all = {.every = 1,.end = -1 };
  const CnxSampling keys = {.keyframes = TRUE,.end = -1 };

  expect_frames (&once, 250, 25, 10, 25);
  expect_frames (&once, 301, 30000 / 1001.0, 11, 30);   /* the last one at 10.01 s */
  expect_frames (&twice, 240, 24, 20, 12);
  expect_frames (&rarely, 251, 25, 2, 250);
  expect_frames (&third, 10, 25, 4, 3);
  expect_frames (&all, 10, 25, 10, 1);
  expect_frames (&keys, 10, 25, 10, 1);
  expect_frames (&twice, 5, 0.5, 5, 1);         /* slower than asked for: every frame once */
}

/* A time that its container rounded down is the one that was meant. */
static void
test_rounding (void)
{
  const CnxSampling once = {.rate = 1,.end = -1 };
  CnxSampler sampler = {.sampling = &once };

  g_assert_true (cnx_sampler_take (&sampler, 0, 0));
  g_assert_false (cnx_sampler_take (&sampler, 967 * GST_MSECOND, 29));
  g_assert_true (cnx_sampler_take (&sampler, 999500 * GST_USECOND, 30));
  g_assert_false (cnx_sampler_take (&sampler, 1033 * GST_MSECOND, 31));
}

/* The parts of a film have together what the whole has, wherever a reader begins. */
static void
test_stretches (void)
{
  const CnxSampling kinds[] = { {.rate = 1}, {.rate = 2.5}, {.every = 7}, {.keyframes = TRUE} };

  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
    CnxSampling whole = kinds[k];
    whole.end = -1;
    g_autoptr (GArray) expected = take (&whole, 1000, 25, 0), found = g_array_new (FALSE, FALSE, sizeof (guint));
    for (guint part = 0; part < 4; part++) {
      CnxSampling stretch = kinds[k];
      stretch.start = 10 * part;
      stretch.end = 10 * part + 10;
      g_autoptr (GArray) some = take (&stretch, 1000, 25, part ? 250 * part - 13 : 0);
      g_array_append_vals (found, some->data, some->len);
    }
    g_assert_cmpmem (found->data, found->len * sizeof (guint), expected->data, expected->len * sizeof (guint));
  }
}

static void
test_times (void)
{
  const struct
  {
    const char *text;
    double seconds;
  } good[] = { {"0", 0}, {"90", 90}, {"1.5", 1.5}, {"1:30", 90}, {"01:02:03.25", 3723.25}, {"100:00:00", 360000} };
  const char *const bad[] = { "", "-1", "1:60", "1:", ":1", "1:2:3:4", "1.5:10", "a", "1s", "nan", "inf", "1e9", " 1" };
  double seconds;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_assert_true (cnx_sampling_parse_time (good[i].text, &seconds));
    g_assert_cmpfloat (seconds, ==, good[i].seconds);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_test_message ("\"%s\"", bad[i]);
    g_assert_false (cnx_sampling_parse_time (bad[i], &seconds));
  }
}

/* ---- the journal ---- */

typedef struct
{
  char *folder;
} Folder;

static void
set_up (Folder * self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("test-journal-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
}

static void
tear_down (Folder * self, gconstpointer data)
{
  GDir *dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (self->folder, name, NULL);
    g_unlink (path);
  }
  g_dir_close (dir);
  g_rmdir (self->folder);
  g_free (self->folder);
}

static void
write_file (const Folder * self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static char *
read_file (const Folder * self, const char *name)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static CnxJournal *
open_journal (const Folder * self)
{
  g_autoptr (GError) error = NULL;
  CnxJournal *journal = cnx_journal_open (self->folder, &error);

  g_assert_no_error (error);
  return journal;
}

/* Notes an output of @text for @input; writes it, too, if @written. */
static void
note (const Folder * self, CnxJournal * journal, const char *input, const char *output, const char *text,
    gboolean written)
{
  g_autoptr (GHashTable) outputs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  const CnxJournalEntry entry = { (char *) input, 7, 8, (char *) "key", TRUE, outputs };

  g_hash_table_insert (outputs, (char *) output, g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1));
  g_assert_true (cnx_journal_add (journal, &entry, NULL));
  if (written)
    write_file (self, output, text);
}

static gboolean
is_done (CnxJournal * journal, const char *input, const char *output)
{
  const CnxJournalEntry entry = { (char *) input, 7, 8, (char *) "key" };
  const char *const names[] = { output, NULL };

  return cnx_journal_is_done (journal, &entry, names);
}

static void
test_done (Folder * self, gconstpointer data)
{
  g_autoptr (CnxJournal) journal = open_journal (self);

  g_assert_false (is_done (journal, "a.mp4", "a.txt"));
  note (self, journal, "a.mp4", "a.txt", "labels", FALSE);
  g_assert_false (is_done (journal, "a.mp4", "a.txt"));       /* killed before it was renamed */
  write_file (self, "a.txt", "labels");
  g_assert_true (is_done (journal, "a.mp4", "a.txt"));
  g_autoptr (CnxJournal) again = open_journal (self);
  g_assert_true (is_done (again, "a.mp4", "a.txt"));
  g_assert_false (is_done (again, "a.mp4", "a.json"));
  const char *const names[] = { "a.txt", NULL };
  const CnxJournalEntry others[] = { {(char *) "a.mp4", 6, 8, (char *) "key"}, {(char *) "a.mp4", 7, 9, (char *) "key"},
    {(char *) "a.mp4", 7, 8, (char *) "other"}, {(char *) "b.mp4", 7, 8, (char *) "key"}
  };
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (cnx_journal_is_done (again, &others[i], names));
  write_file (self, "a.txt", "edited");
  g_assert_false (is_done (again, "a.mp4", "a.txt"));
}

static void
test_claims (Folder * self, gconstpointer data)
{
  g_autoptr (CnxJournal) journal = open_journal (self);

  g_assert_true (cnx_journal_claim (journal, "a.srt", "a.mkv", FALSE));
  g_assert_true (cnx_journal_claim (journal, "a.srt", "a.mkv", FALSE));
  g_assert_false (cnx_journal_claim (journal, "a.srt", "a.mp4", FALSE));
  write_file (self, "b.srt", "somebody's");
  g_assert_false (cnx_journal_claim (journal, "b.srt", "b.mp4", FALSE));
  g_assert_true (cnx_journal_claim (journal, "b.srt", "b.mp4", TRUE));
  note (self, journal, "c.mp4", "c.srt", "ours", TRUE);
  g_assert_true (cnx_journal_claim (journal, "c.srt", "c.mp4", FALSE));
  g_autoptr (CnxJournal) again = open_journal (self);
  g_assert_false (cnx_journal_claim (again, "c.srt", "c.mkv", FALSE));        /* another input's, in another run */
  write_file (self, "c.srt", "edited");
  g_assert_false (cnx_journal_claim (again, "c.srt", "c.mp4", FALSE));
}

/* Lines that a crash tore, or that somebody else wrote, harm nothing, and a line added behind them is whole. */
static void
test_torn (Folder * self, gconstpointer data)
{
  g_autoptr (CnxJournal) journal = open_journal (self);

  note (self, journal, "a.mp4", "a.txt", "labels", TRUE);
  g_autofree char *text = read_file (self, CNX_JOURNAL_NAME);
  for (gsize cut = 0; cut < strlen (text); cut++) {
    g_autofree char *torn = g_strndup (text, cut);
    g_autofree char *all = g_strconcat ("nonsense\n{\"input\": 3}\n[]\n\xff\xfe\n", text, torn, NULL);
    write_file (self, CNX_JOURNAL_NAME, all);
    g_autoptr (CnxJournal) again = open_journal (self);
    g_assert_true (is_done (again, "a.mp4", "a.txt"));
    note (self, again, "b.mp4", "b.txt", "more", TRUE);
    g_autoptr (CnxJournal) third = open_journal (self);
    g_assert_true (is_done (third, "a.mp4", "a.txt"));
    g_assert_true (is_done (third, "b.mp4", "b.txt"));
  }
}

/* The same lines whatever order they were added in; what has no outputs any more is forgotten. */
static void
test_tidy (Folder * self, gconstpointer data)
{
  const char *const names[] = { "b", "a", "\xff not UTF-8", "100 % \"c\"", "d" };
  g_autofree char *first = NULL;

  for (guint round = 0; round < 2; round++) {
    g_autoptr (CnxJournal) journal = open_journal (self);
    for (guint i = 0; i < 5; i++) {
      const char *name = names[round ? 4 - i : i];
      g_autofree char *output = g_strconcat (name, ".txt", NULL);
      note (self, journal, name, output, name, strcmp (name, "d") != 0);
    }
    g_assert_true (cnx_journal_tidy (journal, NULL));
    for (guint i = 0; i < 4; i++) {
      g_autofree char *output = g_strconcat (names[i], ".txt", NULL);
      g_autoptr (CnxJournal) again = open_journal (self);
      g_assert_true (is_done (again, names[i], output));
    }
    g_autofree char *text = read_file (self, CNX_JOURNAL_NAME);
    g_assert_null (strstr (text, "\"d\""));
    if (round == 0)
      first = g_steal_pointer (&text);
    else
      g_assert_cmpstr (text, ==, first);
  }
}

/* What one process adds while another tidies is not lost. */
static void
test_two_processes (Folder * self, gconstpointer data)
{
  g_autoptr (CnxJournal) one = open_journal (self), other = open_journal (self);

  note (self, one, "a", "a.txt", "1", TRUE);
  note (self, other, "b", "b.txt", "2", TRUE);
  g_assert_true (cnx_journal_tidy (one, NULL));
  note (self, other, "c", "c.txt", "3", TRUE);
  g_assert_true (cnx_journal_tidy (other, NULL));
  g_autoptr (CnxJournal) last = open_journal (self);
  g_assert_true (is_done (last, "a", "a.txt"));
  g_assert_true (is_done (last, "b", "b.txt"));
  g_assert_true (is_done (last, "c", "c.txt"));
}

static void
test_no_journal (Folder * self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, CNX_JOURNAL_NAME, NULL);
  g_autoptr (GError) error = NULL;

  g_mkdir (path, 0777);
  g_assert_null (cnx_journal_open (self->folder, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_rmdir (path);
  g_assert_cmpint (symlink ("/dev/zero", path), ==, 0);
  g_clear_error (&error);
  g_assert_null (cnx_journal_open (self->folder, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag/sampling/rates", test_rates);
  g_test_add_func ("/tag/sampling/rounding", test_rounding);
  g_test_add_func ("/tag/sampling/stretches", test_stretches);
  g_test_add_func ("/tag/times", test_times);
  g_test_add ("/tag/journal/done", Folder, NULL, set_up, test_done, tear_down);
  g_test_add ("/tag/journal/claims", Folder, NULL, set_up, test_claims, tear_down);
  g_test_add ("/tag/journal/torn", Folder, NULL, set_up, test_torn, tear_down);
  g_test_add ("/tag/journal/tidy", Folder, NULL, set_up, test_tidy, tear_down);
  g_test_add ("/tag/journal/two-processes", Folder, NULL, set_up, test_two_processes, tear_down);
  g_test_add ("/tag/journal/no-journal", Folder, NULL, set_up, test_no_journal, tear_down);
  return g_test_run ();
}
