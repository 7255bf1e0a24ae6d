/* Names that are made to share a hash value: in every kind of file they are refused, or cost no more than others. Where
 * a table should meet them after all, it takes far longer than the test may. */
#include <stdlib.h>
#include <string.h>

#include "core/weights/checkpoint.h"
#include "core/input/crowd.h"
#include "core/error.h"
#include "core/input/json.h"
#include "core/model/model.h"
#include "core/input/name_hash.h"
#include "core/input/zip_archive.h"
#include "tests/core/weights/torch_files.h"
#include "tests/support/temp_files.h"

#define CROWDED "share hash values"

static const CnxJsonLimits limits = {.depth = 4,.items = 1000000 };

/* Of 2^@bits names that g_str_hash() and libzip's function hash alike, the one of @i: of each pair, either half. */
static char *
crowded_name (guint i, int bits, const char *zero, const char *one)
{
  GString *name = g_string_new (NULL);

  for (int bit = 0; bit < bits; bit++)
    g_string_append (name, i >> bit & 1 ? one : zero);
  return g_string_free (name, FALSE);
}

/* "NAME":VALUE for each of them. */
static void
add_members (GString * json, int bits, const char *zero, const char *one, const char *value)
{
  for (guint i = 0; i < 1u << bits; i++) {
    g_autofree char *name = crowded_name (i, bits, zero, one);

    g_string_append_printf (json, "%s\"%s\":%s", i ? "," : "", name, value);
  }
}

/* ---- the hash ---- */

/* The vectors of its authors: key and text are the bytes from 0 up. */
static void
test_siphash (void)
{
  static const struct
  {
    gsize length;
    guint64 hash;
  } rows[] = {
    {0, G_GUINT64_CONSTANT (0x726fdb47dd0e0e31)}, {1, G_GUINT64_CONSTANT (0x74f839c593dc67fd)},
    {7, G_GUINT64_CONSTANT (0xab0200f58b01d137)}, {8, G_GUINT64_CONSTANT (0x93f5f5799a932462)},
    {15, G_GUINT64_CONSTANT (0xa129ca6149be45e5)},
  };
  static const guint64 key[2] = { G_GUINT64_CONSTANT (0x0706050403020100), G_GUINT64_CONSTANT (0x0f0e0d0c0b0a0908) };
  char bytes[16];

  for (int i = 0; i < 16; i++)
    bytes[i] = i;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmphex (cnx_siphash (key, bytes, rows[i].length), ==, rows[i].hash);
}

/* Another process, another key. */
static void
test_key (void)
{
  g_autofree char *here = g_strdup_printf ("*hash %016" G_GINT64_MODIFIER "x*", cnx_name_hash64 ("stem", 4));

  if (g_test_subprocess ()) {
    g_print ("hash %016" G_GINT64_MODIFIER "x\n", cnx_name_hash64 ("stem", 4));
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*hash ????????????????*");
  g_test_trap_assert_stdout_unmatched (here);
}

static void
test_name_hash (void)
{
  g_autofree char *copy = g_strdup ("stages.0.blocks.0.gamma");

  g_assert_cmpuint (g_str_hash ("EzEz"), ==, g_str_hash ("FYFY"));
  g_assert_cmpuint (cnx_name_hash ("EzEz"), !=, cnx_name_hash ("FYFY"));
  g_assert_cmpuint (cnx_name_hash ("stages.0.blocks.0.gamma"), ==, cnx_name_hash (copy));
}

/* ---- crowds ---- */

static void
add_numbered (CnxCrowd * crowd, const char *before, const char *after, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("%s%u%s", before, i, after);

    cnx_crowd_add (crowd, name, strlen (name));
  }
}

static void
test_crowds_of_chance (void)
{
  static const struct
  {
    const char *before, *after;
    guint n;
  } rows[] = {
    {"", "", 21842}, {"archive/data/", "", 200000}, {"stages.2.blocks.", ".mlp.fc1.weight", 100000},
    {"class ", "", 300000},
  };

  for (int table = CNX_CROWD_GLIB; table <= CNX_CROWD_LIBZIP; table++)
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
      g_autoptr (CnxCrowd) crowd = cnx_crowd_new (table);

      add_numbered (crowd, rows[i].before, rows[i].after, rows[i].n);
      g_assert_false (cnx_crowd_is_dense (crowd));
    }
}

/* Names are counted, not how often each is there: "dtype" is in every entry of a header. */
static void
test_crowd_of_one (void)
{
  g_autoptr (CnxCrowd) crowd = cnx_crowd_new (CNX_CROWD_GLIB);

  for (int i = 0; i < 10000; i++)
    cnx_crowd_add (crowd, "dtype", 5);
  for (int i = 0; i < 200; i++) {
    g_autofree char *never_seen = crowded_name (i, 8, "Ez", "FY");
    g_autoptr (GString) name = g_string_new_len ("a\0", 2);

    g_string_append (name, never_seen);
    cnx_crowd_add (crowd, name->str, name->len);
  }
  g_assert_false (cnx_crowd_is_dense (crowd));
}

/* The first is let be by the limit, the second is over it. */
static void
test_crowd_limit (void)
{
  for (int over = 0; over < 2; over++) {
    g_autoptr (CnxCrowd) crowd = cnx_crowd_new (CNX_CROWD_GLIB);

    for (int i = 0; i < 100 + over; i++) {
      g_autofree char *name = crowded_name (i, 7, "Ez", "FY");

      cnx_crowd_add (crowd, name, strlen (name));
    }
    g_assert_cmpint (cnx_crowd_is_dense (crowd), ==, over);
  }
}

/* Where a table of 2^13 places puts @name first. */
static guint
place_in (CnxCrowdTable table, const char *name)
{
  guint32 hash = 5381;

  if (table == CNX_CROWD_GLIB)
    return g_str_hash (name) * 11 % 8191;
  for (; *name; name++)
    hash = hash * 33 + (guint8) * name;
  return hash % 8192;
}

/* Hashes that differ, and still fall into one place of the table that so many names get. */
static void
test_crowd_in_one_place (void)
{
  for (int table = CNX_CROWD_GLIB; table <= CNX_CROWD_LIBZIP; table++) {
    g_autoptr (CnxCrowd) crowd = cnx_crowd_new (table);
    guint found = 0;

    add_numbered (crowd, "tensor.", ".weight", 3000);
    for (guint i = 0; found < 120; i++) {
      char name[16];

      g_snprintf (name, sizeof name, "x%07x", i);
      if (place_in (table, name) != 7)
        continue;
      cnx_crowd_add (crowd, name, strlen (name));
      found++;
    }
    g_assert_true (cnx_crowd_is_dense (crowd));
  }
}

/* ---- JSON ---- */

static void
assert_crowded (const GError * error)
{
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, CROWDED, NULL);
}

/* Two halves that hash alike once the escapes of the second are made out. */
static void
test_escapes (void)
{
  static const char *const pairs[][2] = {
    {"Ez", "FY"}, {"Ez", "\\u0046Y"}, {"A+", "B\\n"}, {"A*", "B\\t"}, {"A)", "B\\b"}, {"A-", "B\\f"}, {"A.", "B\\r"},
    {"AP", "B\\/"}, {"AC", "B\\\""}, {"A}", "B\\\\"}, {"\xc3\x9fz", "\\u00e0Y"},
    {"\xf0\x9f\x98\x80z", "\\ud83d\\ude01Y"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autoptr (GString) json = g_string_new ("{\"a\":[{");
    g_autoptr (GError) error = NULL;

    add_members (json, 10, pairs[i][0], pairs[i][1], "0");
    g_string_append (json, "}]}");
    g_assert_null (cnx_json_parse (json->str, json->len, &limits, "it", &error));
    g_test_message ("%s %s", pairs[i][0], pairs[i][1]);
    assert_crowded (error);
  }
}

static void
test_header (void)
{
  static const char *const around[][2] = { {"{", "}"}, {"{\"__metadata__\":{", "}}"} };

  /* So many that also a table of the top level's keys alone would take too long. */
  for (guint i = 0; i < G_N_ELEMENTS (around); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (GString) header = g_string_new (around[i][0]);
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;

    add_members (header, 17, "Ez", "FY", "{}");
    g_string_append (header, around[i][1]);
    path = cnx_test_write_safetensors (dir, "t.safetensors", header->str, 0);
    g_assert_null (cnx_checkpoint_open (path, &error));
    assert_crowded (error);
    cnx_test_assert_message (error, path, NULL);
  }
}

static void
test_large_header (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GString) header = g_string_new ("{");
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = NULL;

  for (int i = 0; i < 50000; i++)
    g_string_append_printf (header, "%s\"stages.%d.blocks.%d.gamma\":{\"dtype\":\"F32\",\"shape\":[0],"
        "\"data_offsets\":[0,0]}", i ? "," : "", i % 4, i / 4);
  g_string_append_c (header, '}');
  path = cnx_test_write_safetensors (dir, "t.safetensors", header->str, 0);
  checkpoint = cnx_checkpoint_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnx_checkpoint_n_tensors (checkpoint), ==, 50000);
  g_assert_nonnull (cnx_checkpoint_find (checkpoint, "stages.3.blocks.12499.gamma"));
}

static void
test_config (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *weights = cnx_test_data ("golden/timm_v1.safetensors");
  g_autofree char *copy = cnx_test_copy (weights, dir, "model.safetensors");
  g_autoptr (GString) json = g_string_new ("{\"label_descriptions\":{");
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  add_members (json, 16, "Ez", "FY", "\"a\"");
  g_string_append (json, "}}");
  path = cnx_test_write_text (dir, "config.json", json->str);
  g_assert_null (cnx_model_load (dir, &error));
  assert_crowded (error);
  cnx_test_assert_message (error, path, NULL);
}

/* ---- PyTorch's files ---- */

static char *
write_bytes (const char *dir, GByteArray * bytes)
{
  char *path = g_build_filename (dir, "t.pth", NULL);

  g_assert_true (g_file_set_contents (path, (const char *) bytes->data, bytes->len, NULL));
  return path;
}

/* An archive of a good state dict, its storage, and as many entries more as 2^@bits; crowded names or others. */
static GByteArray *
archive (gboolean crowded, int bits, gboolean zip64)
{
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) pickle = cnx_test_pickle (CNX_TEST_GOOD_PICKLE);
  static const float storage[6];

  zip->zip64 = zip64;
  cnx_test_zip_add (zip, "a/data.pkl", pickle->data, pickle->len);
  cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
  for (guint i = 0; i < 1u << bits; i++) {
    g_autofree char *name = crowded ? crowded_name (i, bits, "Ez", "FY") : g_strdup_printf ("a/data/%u", i + 1);

    cnx_test_zip_add (zip, name, "", 0);
  }
  return cnx_test_zip_end (zip, -1);
}

static void
test_archive (void)
{
  static const struct
  {
    gboolean crowded, zip64;
    int bits;
  } rows[] = {
    {FALSE, FALSE, 15}, {FALSE, TRUE, 17}, {TRUE, FALSE, 15}, {TRUE, TRUE, 17},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (GByteArray) bytes = archive (rows[i].crowded, rows[i].bits, rows[i].zip64);
    g_autofree char *path = write_bytes (dir, bytes);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (path, &error);

    if (rows[i].crowded) {
      g_assert_null (checkpoint);
      assert_crowded (error);
      continue;
    }
    g_assert_no_error (error);
    g_assert_nonnull (cnx_checkpoint_find (checkpoint, "w"));
  }
}

/* What stands behind an archive and looks like the end of another hides nothing; and there are not many such ends. */
static void
test_more_ends (void)
{
  static const guint8 end[22] = "PK\005\006";

  for (int what = 0; what < 2; what++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (GByteArray) bytes = archive (what == 0, 10, FALSE);
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;

    for (int i = 0; i < (what == 0 ? 1 : 16); i++)
      g_byte_array_append (bytes, end, sizeof end);
    path = write_bytes (dir, bytes);
    g_assert_null (cnx_checkpoint_open (path, &error));
    if (what == 0)
      assert_crowded (error);
    else
      cnx_test_assert_message (error, path, "more than 16 ends", NULL);
  }
}

static void
test_many_entries (void)
{
  for (int zip64 = 0; zip64 < 2; zip64++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (GByteArray) bytes = archive (FALSE, 3, zip64);
    g_autofree char *path = write_bytes (dir, bytes);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxInputFile) file = cnx_input_file_open (path, &error);
    g_autoptr (CnxZip) zip = cnx_zip_open (file, 10, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (cnx_zip_n_entries (zip), ==, 10);
    g_assert_null (cnx_zip_open (file, 9, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, path, "more than 9 entries", NULL);
  }
}

/* Nothing but our own tables sees these: they are read as any others. */
static void
test_state_dict (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GByteArray) pickle = cnx_test_pickle ("x80 x02 } (");
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autofree char *path = NULL, *last = crowded_name (0xffff, 16, "Ez", "FY");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = NULL;
  float values[6] = { 0 };

  for (guint i = 0; i < 1u << 16; i++) {
    g_autofree char *name = crowded_name (i, 16, "Ez", "FY");
    g_autofree char *program = g_strdup_printf ("'%s' %s", name, CNX_TEST_REBUILD ("FloatStorage", "0", "6", "0", "2 3",
            "3 1"));

    cnx_test_pickle_add (pickle, program);
  }
  cnx_test_pickle_add (pickle, "u .");
  cnx_test_zip_add (zip, "a/data.pkl", pickle->data, pickle->len);
  cnx_test_zip_add (zip, "a/data/0", values, sizeof values);
  bytes = cnx_test_zip_end (zip, -1);
  path = write_bytes (dir, bytes);
  checkpoint = cnx_checkpoint_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnx_checkpoint_n_tensors (checkpoint), ==, 1 << 16);
  g_assert_true (cnx_checkpoint_find (checkpoint, last) == cnx_checkpoint_tensor (checkpoint, 0xffff));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names/siphash", test_siphash);
  g_test_add_func ("/names/key", test_key);
  g_test_add_func ("/names/name-hash", test_name_hash);
  g_test_add_func ("/names/crowds-of-chance", test_crowds_of_chance);
  g_test_add_func ("/names/crowd-of-one", test_crowd_of_one);
  g_test_add_func ("/names/crowd-limit", test_crowd_limit);
  g_test_add_func ("/names/crowd-in-one-place", test_crowd_in_one_place);
  g_test_add_func ("/names/escapes", test_escapes);
  g_test_add_func ("/names/header", test_header);
  g_test_add_func ("/names/large-header", test_large_header);
  g_test_add_func ("/names/config", test_config);
  g_test_add_func ("/names/archive", test_archive);
  g_test_add_func ("/names/more-ends", test_more_ends);
  g_test_add_func ("/names/many-entries", test_many_entries);
  g_test_add_func ("/names/state-dict", test_state_dict);
  return g_test_run ();
}
