/* The tuner's saved answers: kept, found, of no use when they are another's, and never trusted. */
#include "core/model/model.h"
#include "opencl/network.h"
#include "opencl/program.h"
#include "opencl/support.h"
#include "opencl/tuned.h"
#include "tests/support/golden.h"
#include "tests/support/temp_files.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANNELS 96
#define NAME "fp32, 96 channels"

static char *cache_dir;         /* $XDG_CACHE_HOME/convnext of this test alone */
static CnxDevice *device;
static GArray *candidates;      /* fp32's */
static guint messages;          /* warnings and worse, so far: what takes long is an info */

static GLogWriterOutput
count_message (GLogLevelFlags level, const GLogField * fields, gsize n_fields, gpointer unused)
{
  if ((level & G_LOG_LEVEL_MASK) < G_LOG_LEVEL_INFO) {
    g_log_writer_standard_streams (level, fields, n_fields, NULL);
    messages++;
  }
  return G_LOG_WRITER_HANDLED;
}

static const CnxTuning *
candidate (guint i)
{
  return &g_array_index (candidates, CnxTuning, i);
}

static void
save (int channels, const CnxTuning * tuning)
{
  g_autoptr (GError) error = NULL;
  const gboolean saved = cnx_tuned_save (device, channels, tuning, &error);

  g_assert_no_error (error);
  g_assert_true (saved);
}

static gboolean
finds (int channels, const CnxTuning * wanted)
{
  CnxTuning found;

  return cnx_tuned_find (device, wanted->precision, channels, &found) && cnx_tuning_equal (&found, wanted);
}

static gboolean
finds_any (int channels)
{
  CnxTuning found;
  return cnx_tuned_find (device, CNX_PRECISION_FP32, channels, &found);
}

static void
clear (void)
{
  g_autoptr (GDir) dir = g_dir_open (cache_dir, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (cache_dir, name, NULL);
    if (!g_str_has_suffix (name, ".clbin"))
      g_remove (path);
  }
}

/* Fails when there is anything but the answers (and binaries), half-written files included. */
static void
assert_only_answers (void)
{
  g_autoptr (GDir) dir = g_dir_open (cache_dir, 0, NULL);
  g_autofree char *path = cnx_tuned_path (device);
  g_autofree char *wanted = g_path_get_basename (path);

  g_assert_nonnull (dir);
  for (const char *name; (name = g_dir_read_name (dir));)
    if (!g_str_has_suffix (name, ".clbin"))
      g_assert_cmpstr (name, ==, wanted);
}

static char *
file_text (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cnx_tuned_path (device);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
write_file (const char *text, gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cnx_tuned_path (device);

  g_mkdir_with_parents (cache_dir, 0700);
  g_remove (path);              /* written in place, a longer file would keep its end */
  g_file_set_contents_full (path, text, length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

/* ---- saved and found ---- */

static void
test_save_and_find (void)
{
  clear ();
  g_assert_false (finds_any (CHANNELS));
  for (guint i = 0; i < candidates->len; i++) {
    save (CHANNELS, candidate (i));
    g_assert_true (finds (CHANNELS, candidate (i)));
  }
  /* another answer leaves the first alone */
  save (2 * CHANNELS, candidate (0));
  g_assert_true (finds (CHANNELS, candidate (candidates->len - 1)));
  g_assert_true (finds (2 * CHANNELS, candidate (0)));
  assert_only_answers ();
}

static void
test_private (void)
{
  GStatBuf status;
  g_autofree char *path = cnx_tuned_path (device);

  clear ();
  save (CHANNELS, candidate (0));
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
}

static void
test_other_shape (void)
{
  CnxTuning found;

  clear ();
  save (CHANNELS, candidate (0));
  g_assert_false (finds_any (CHANNELS - 1));
  g_assert_false (finds_any (CHANNELS * 10));
  g_assert_false (finds_any (9));       /* a part of 96 */
  for (CnxPrecision p = CNX_PRECISION_FP16; p <= CNX_PRECISION_INT8; p++)
    g_assert_false (cnx_tuned_find (device, p, CHANNELS, &found));
  g_autoptr (GArray) int8 = cnx_tuning_candidates (device, CNX_PRECISION_INT8);
  const CnxTuning *eight = &g_array_index (int8, CnxTuning, 0);
  save (CHANNELS * 2, eight);
  g_assert_true (finds (CHANNELS * 2, eight));
  g_assert_false (finds_any (CHANNELS * 2));
  /* one is not in the other's place */
  save (CHANNELS * 2, candidate (0));
  g_assert_true (finds (CHANNELS * 2, candidate (0)));
  g_assert_true (finds (CHANNELS * 2, eight));
}

static void
test_other_device (void)
{
  CnxDeviceInfo *info = (CnxDeviceInfo *) cnx_device_info (device);
  char **const fields[] = { &info->platform_name, &info->name, &info->version, &info->driver };

  clear ();
  save (CHANNELS, candidate (0));
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    char *const own = *fields[i];
    g_autofree char *other = g_strconcat (own, " 2", NULL);
    *fields[i] = other;
    g_assert_false (finds_any (CHANNELS));
    *fields[i] = own;
    g_assert_true (finds (CHANNELS, candidate (0)));
  }
}

/* ---- files that are not what they should be ---- */

static char *
file_with (const char *answer)
{
  return g_strdup_printf ("{\"answers\": {\"" NAME "\": %s}}", answer);
}

static void
test_unknown_set (void)
{
  g_autofree char *known = cnx_tuning_describe (candidate (0));
  g_autofree char *longer = g_strconcat (known, " ", NULL);
  g_autofree char *shorter = g_strndup (known, strlen (known) - 1);
  g_autofree char *other = g_strconcat ("-w -DV=99", strchr (known + 3, ' '), NULL);
  const char *const answers[] = { longer, shorter, other, "", "-w", "%s%n%n", "../../../etc/passwd" };

  for (guint i = 0; i <= G_N_ELEMENTS (answers); i++) {
    g_autofree char *quoted = g_strdup_printf ("\"%s\"", i ? answers[i - 1] : known);
    g_autofree char *text = file_with (quoted);
    g_autofree char *parsed = cnx_tuned_parse (text, strlen (text), CNX_PRECISION_FP32, CHANNELS);
    write_file (text, -1);
    g_assert_cmpstr (parsed, ==, i ? answers[i - 1] : known);
    g_assert_cmpint (finds_any (CHANNELS), ==, i == 0);
  }
}

static void
assert_ignored (const char *text, gsize length)
{
  write_file (text, length);
  g_assert_null (cnx_tuned_parse (text, length, CNX_PRECISION_FP32, CHANNELS));
  g_assert_false (finds_any (CHANNELS));
}

/* Whatever was there, an answer can be saved, and is found. */
static void
assert_repaired (void)
{
  save (CHANNELS, candidate (0));
  g_assert_true (finds (CHANNELS, candidate (0)));
  save (2 * CHANNELS, candidate (candidates->len - 1));
  g_assert_true (finds (CHANNELS, candidate (0)));
  assert_only_answers ();
}

static void
test_wrong_types (void)
{
  static const char *const answers[] = { "5", "true", "null", "1.5e3", "{}", "[]", "{\"a\": \"b\"}", "[\"-w\"]" };
  static const char *const files[] = { "", "{", "{}", "[]", "null", "5", "\"-w\"", "{\"answers\": null}",
    "{\"answers\": 5}", "{\"answers\": \"" NAME "\"}", "{\"answers\": []}", "{\"answers\": [{\"" NAME "\": \"-w\"}]}",
    "{\"" NAME "\": \"-w\"}", "{\"answers\": {}, \"answers\": {}}",
    "{\"answers\": {\"" NAME "\": \"-w\", \"" NAME "\": \"-w\"}}",
    "{\"answers\": {\"" NAME "\": \"-w\", \"fp32, 96 c\\u0068annels\": \"-w\"}}",
    "{\"answers\": {\"" NAME "\": \"-w\"}} {}", "{\"answers\": {\"" NAME "\": \"-w\"},}", "\xef\xbb\xbf{}",
    "{\"answers\": {\"" NAME "\": \"\xff\"}}", "/* */ {\"answers\": {\"" NAME "\": \"-w\"}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autofree char *text = file_with (answers[i]);
    assert_ignored (text, strlen (text));
    assert_repaired ();
  }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    assert_ignored (files[i], strlen (files[i]));
    assert_repaired ();
  }
  g_assert_cmpuint (messages, ==, 0);
}

static void
test_cut (void)
{
  clear ();
  save (CHANNELS, candidate (0));
  g_autofree char *text = file_text ();
  for (gsize length = 0; length < strlen (text); length++)
    assert_ignored (text, length);
  assert_repaired ();
  g_assert_cmpuint (messages, ==, 0);
}

/* A hundred thousand times @open, then @middle, then as often @close. */
static void
check_many (const char *start, const char *open, const char *middle, const char *close, const char *end)
{
  g_autoptr (GString) text = g_string_new (start);

  for (int i = 0; i < 100000; i++)
    g_string_append (text, open);
  g_string_append (text, middle);
  for (int i = 0; i < 100000; i++)
    g_string_append (text, close);
  g_string_append (text, end);
  assert_ignored (text->str, text->len);
  assert_repaired ();
}

static void
test_huge_and_deep (void)
{
  const char *const right = "{\"answers\": {\"" NAME "\": \"-w\"}, \"x\": ";

  check_many ("{\"answers\": ", "[", "", "", "");
  check_many (right, "[", "", "]", "}");
  check_many (right, "{\"a\":", "1", "}", "}");
  check_many ("", "{\"answers\": ", "1", "}", "");
  check_many (right, "", "[0", ", 0", "]}");
  check_many ("", "\xff\xfe garbage \x01", "", "", "");
  check_many ("{\"answers\": {\"" NAME "\": \"", "\\u0000", "", "", "\"}");
  g_autofree char *zeros = g_malloc0 (1 << 20);
  assert_ignored (zeros, 1 << 20);
  assert_repaired ();
  g_assert_cmpuint (messages, ==, 0);
}

/* One of a few kinds of damage. */
static void
mutate (GString * text, GRand * random)
{
  static const char *const tokens[] = { "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u0000", "\\ud800", "null",
    "1e999", "\"answers\":", "{\"answers\":{\"" NAME "\":", "//", "/*", "\xc3", "\x80", " ", "\n"
  };
  const gsize at = g_rand_int_range (random, 0, text->len + 1), left = text->len - at;
  const char *token = tokens[g_rand_int_range (random, 0, G_N_ELEMENTS (tokens))];
  g_autofree char *part = g_strndup (text->str + at, MIN (left, (gsize) g_rand_int_range (random, 1, 40)));

  switch (g_rand_int_range (random, 0, 5)) {
    case 0:
      g_string_insert (text, at, token);
      break;
    case 1:
      g_string_erase (text, at, strlen (part));
      break;
    case 2:
      g_string_insert (text, g_rand_int_range (random, 0, text->len + 1), part);
      break;
    case 3:
      g_string_insert_c (text, at, g_rand_int_range (random, 0, 256));
      break;
    default:
      g_string_overwrite_len (text, at, token, MIN (left, strlen (token)));
  }
}

static void
test_fuzz (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  guint answers = 0;

  clear ();
  save (CHANNELS, candidate (0));
  save (2 * CHANNELS, candidate (candidates->len - 1));
  g_autofree char *whole = file_text ();
  for (int i = 0; i < 20000; i++) {
    g_autoptr (GString) text = g_string_new (whole);
    for (int n = g_rand_int_range (random, 1, 5); n > 0; n--)
      mutate (text, random);
    /* no byte more than @length, as a mapped file has it */
    g_autofree char *exact = g_memdup2 (text->str, text->len);
    g_autofree char *answer = cnx_tuned_parse (exact, text->len, CNX_PRECISION_FP32, CHANNELS);
    answers += answer != NULL;
    if (i % 400 == 0) {
      write_file (text->str, text->len);
      assert_repaired ();
    }
  }
  g_test_message ("%u of 20000 files still gave an answer", answers);
  g_assert_cmpuint (answers, >, 20);    /* else the damage is too great to get past the first look */
  g_assert_cmpuint (answers, <, 15000);
  g_assert_cmpuint (messages, ==, 0);
}

/* ---- processes and folders ---- */

#define SAVES 50

/* What a child of test_at_once() does: no file that it or another left is ever without the first answer, nor without
 * what it saved itself. */
static int
save_often (int channels)
{
  for (int i = 0; i < SAVES; i++) {
    save (channels, candidate (i % candidates->len));
    if (!finds (CHANNELS, candidate (0)) || !finds (channels, candidate (i % candidates->len)))
      return 1;
  }
  return 0;
}

static void
test_at_once (void)
{
  pid_t children[3];
  guint running = G_N_ELEMENTS (children);

  clear ();
  save (CHANNELS, candidate (0));
  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    children[i] = fork ();
    if (children[i] == 0) {
      g_autofree char *channels = g_strdup_printf ("%u", 200 + i);
      execl ("/proc/self/exe", "test-tuned", "--save-often", channels, NULL);
      _exit (127);
    }
  }
  while (running > 0) {
    int status = 0;
    g_assert_true (finds (CHANNELS, candidate (0)));
    const pid_t child = waitpid (-1, &status, WNOHANG);
    g_assert_cmpint (child, >=, 0);
    if (child > 0) {
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
      running--;
    }
  }
  assert_only_answers ();
}

static void
assert_not_saved (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (cnx_tuned_save (device, CHANNELS, candidate (0), &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (error->domain, ==, G_FILE_ERROR);
  g_assert_nonnull (strstr (error->message, ".tuning.json"));
  g_assert_false (finds_any (CHANNELS));
  g_assert_cmpuint (messages, ==, 0);
}

static void
test_unwritable (void)
{
  g_autofree char *away = g_strconcat (cache_dir, ".away", NULL);
  g_autofree char *path = cnx_tuned_path (device);

  clear ();
  g_mkdir_with_parents (cache_dir, 0700);
  /* a folder in the file's place */
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  assert_not_saved ();
  assert_only_answers ();
  g_assert_cmpint (g_rmdir (path), ==, 0);
  if (geteuid () != 0) {        /* root writes where it likes */
    g_chmod (cache_dir, 0500);
    assert_not_saved ();
    g_chmod (cache_dir, 0700);
  }
  /* a file in the folder's place */
  g_assert_cmpint (g_rename (cache_dir, away), ==, 0);
  g_assert_true (g_file_set_contents (cache_dir, "in the way", -1, NULL));
  assert_not_saved ();
  g_remove (cache_dir);
  g_assert_cmpint (g_rename (away, cache_dir), ==, 0);
}

/* ---- a network ---- */

#define CLASSES 7

static void
golden_logits (CnxModel * model, const float *in, float *logits)
{
  g_autoptr (GError) error = NULL;
  const CnxNetworkOptions options = { CNX_GOLDEN_HEIGHT, CNX_GOLDEN_WIDTH, CNX_GOLDEN_PICTURES, CNX_PRECISION_FP32 };
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);

  g_assert_no_error (error);
  g_assert_cmpint (cnx_network_classes (network), ==, CLASSES);
  g_assert_true (cnx_network_forward (network, in, CNX_GOLDEN_PICTURES, logits, &error));
}

/* Which kernels a network for @channels channels is given: 0 are the built-in guess's. */
static int
variant_for (int channels)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxOps) ops = cnx_ops_open (device, CNX_PRECISION_FP32, &error);

  g_assert_no_error (error);
  return cnx_ops_add_tuned (ops, device, channels);
}

static void
test_network (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autofree float *in = cnx_test_golden_input ();
  float without[CNX_GOLDEN_PICTURES * CLASSES], with[CNX_GOLDEN_PICTURES * CLASSES];

  g_assert_no_error (error);
  if (candidates->len < 2) {
    g_test_skip ("this device has one set of tiles");
    return;
  }
  clear ();
  const int *dims = cnx_model_arch (model)->dims;
  g_assert_cmpint (variant_for (dims[0]), ==, 0);
  golden_logits (model, in, without);
  for (int s = 0; s < CNX_STAGES; s++)
    save (dims[s], candidate (s % 2 ? 1 : candidates->len - 1));
  g_assert_cmpint (variant_for (dims[0]), ==, 1);
  g_assert_cmpint (variant_for (dims[1]), ==, 1);
  golden_logits (model, in, with);
  for (guint i = 0; i < G_N_ELEMENTS (with); i++)
    g_assert_cmpfloat (fabsf (with[i] - without[i]), <=, 1e-4);
  /* an answer that names no set is none */
  write_file ("{\"answers\": {}}", -1);
  g_assert_cmpint (variant_for (dims[0]), ==, 0);
}

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;

  device = cnx_device_open (NULL, 0, &error);
  g_assert_no_error (error);
  candidates = cnx_tuning_candidates (device, CNX_PRECISION_FP32);
}

static void
take_down (void)
{
  g_array_unref (candidates);
  cnx_device_unref (device);
}

int
main (int argc, char **argv)
{
  if (argc > 2 && strcmp (argv[1], "--save-often") == 0) {
    set_up ();
    const int status = save_often (atoi (argv[2]));
    take_down ();
    return status;
  }
  char *home = cnx_test_make_dir ();
  g_setenv ("XDG_CACHE_HOME", home, TRUE);
  g_autofree char *pocl = g_build_filename (home, "pocl", NULL);
  g_setenv ("POCL_CACHE_DIR", pocl, FALSE);     /* not among what is looked at here */
  cache_dir = g_build_filename (home, "convnext", NULL);
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_message, NULL, NULL);
  set_up ();
  g_test_add_func ("/tuned/save-and-find", test_save_and_find);
  g_test_add_func ("/tuned/private", test_private);
  g_test_add_func ("/tuned/other-shape", test_other_shape);
  g_test_add_func ("/tuned/other-device", test_other_device);
  g_test_add_func ("/tuned/unknown-set", test_unknown_set);
  g_test_add_func ("/tuned/wrong-types", test_wrong_types);
  g_test_add_func ("/tuned/cut", test_cut);
  g_test_add_func ("/tuned/huge-and-deep", test_huge_and_deep);
  g_test_add_func ("/tuned/fuzz", test_fuzz);
  g_test_add_func ("/tuned/at-once", test_at_once);
  g_test_add_func ("/tuned/unwritable", test_unwritable);
  g_test_add_func ("/tuned/network", test_network);
  const int result = g_test_run ();
  take_down ();
  g_free (cache_dir);
  cnx_test_remove_dir (home);
  return result;
}
