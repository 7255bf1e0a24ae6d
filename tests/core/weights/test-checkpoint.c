/* safetensors files, good and broken, and the conversion of their values. */
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <glib/gstdio.h>

#include "core/weights/checkpoint.h"
#include "core/input/input_file.h"
#include "core/error.h"
#include "core/input/json.h"
#include "tests/support/temp_files.h"

#define ENTRY(dtype, shape, from, to) \
  "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"

static CnxCheckpoint *
open_header (const char *dir, const char *header, gsize data_size, GError ** error)
{
  g_autofree char *path = cnx_test_write_safetensors (dir, "t.safetensors", header, data_size);

  return cnx_checkpoint_open (path, error);
}

/* The value of @tensor's first byte: the data count up from 0. */
static guint
first_byte (const CnxTensor * tensor)
{
  guint8 byte;

  g_assert_true (cnx_input_file_read (tensor->file, tensor->offset, 1, &byte));
  return byte;
}

static void
test_good (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = open_header (dir, "{\"__metadata__\":{\"format\":\"pt\"},"
      "\"b\":" ENTRY ("F32", "[2,3]", "8", "32") ",\"a\":" ENTRY ("F16", "[]", "0", "2")
      ",\"n\":" ENTRY ("I64", "[0]", "2", "2") "}   ", 40, &error);
  const CnxTensor *tensor;
  g_autofree char *shape = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (cnx_checkpoint_n_tensors (checkpoint), ==, 3);
  tensor = cnx_checkpoint_tensor (checkpoint, 0);
  g_assert_cmpstr (tensor->name, ==, "b");
  g_assert_cmpint (tensor->n_dims, ==, 2);
  g_assert_cmpuint (tensor->count, ==, 6);
  g_assert_cmpuint (first_byte (tensor), ==, 8);
  g_assert_true (tensor->contiguous);
  shape = cnx_tensor_shape_string (tensor);
  g_assert_cmpstr (shape, ==, "(2, 3)");

  tensor = cnx_checkpoint_find (checkpoint, "a");
  g_assert_true (tensor == cnx_checkpoint_tensor (checkpoint, 1));
  g_assert_cmpint (tensor->dtype, ==, CNX_DTYPE_F16);
  g_assert_cmpuint (tensor->count, ==, 1);
  tensor = cnx_checkpoint_find (checkpoint, "n");
  g_assert_cmpint (tensor->dtype, ==, CNX_DTYPE_OTHER);
  g_assert_cmpstr (tensor->dtype_name, ==, "I64");
  g_assert_null (cnx_checkpoint_find (checkpoint, "__metadata__"));
  g_assert_null (cnx_checkpoint_find (checkpoint, "c"));
}

/* Headers that break the format, each with what the message must say. All come with 16 bytes of data. */
static const struct
{
  const char *what;
  const char *header;
  const char *says;
} broken[] = {
  {"empty", "", "JSON"},
  {"array", "[]", "object"},
  {"cut", "{\"a\":", "middle"},
  {"cut-string", "{\"a", "inside a string"},
  {"trailing", "{}{}", "follows"},
  {"comment", "{/* \" */}", "stray"},
  {"nul", "{\"a\":\"\\u0000\"}", "'a'"},
  {"not-an-object", "{\"a\":3}", "'a'"},
  {"no-dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", "dtype"},
  {"dtype-number", "{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", "dtype"},
  {"dtype-unknown", "{\"a\":" ENTRY ("F31", "[1]", "0", "4") "}", "F31"},
  {"no-shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", "shape"},
  {"shape-string", "{\"a\":" ENTRY ("F32", "[\"1\"]", "0", "4") "}", "shape"},
  {"shape-fraction", "{\"a\":" ENTRY ("F32", "[1.5]", "0", "6") "}", "shape"},
  {"shape-negative", "{\"a\":" ENTRY ("F32", "[-1,-1]", "0", "4") "}", "shape"},
  {"shape-too-long", "{\"a\":" ENTRY ("F32", "[1,1,1,1,1,1,1]", "0", "4") "}", "shape"},
  /* 2^62 values of 4 bytes, and 2^64 values: both products come to 0 when they overflow. */
  {"shape-times-size-overflow", "{\"a\":" ENTRY ("F32", "[2147483648,2147483648]", "0", "0") "}",
      "(2147483648, 2147483648)"},
  {"shape-overflow", "{\"a\":" ENTRY ("F32", "[4294967296,4294967296]", "0", "0") "}", "fit"},
  {"shape-saturates", "{\"a\":" ENTRY ("F32", "[99999999999999999999999]", "0", "4") "}", "shape"},
  {"no-offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "data_offsets"},
  {"one-offset", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "data_offsets"},
  {"offsets-backwards", "{\"a\":" ENTRY ("F32", "[1]", "8", "4") "}", "data_offsets"},
  {"offset-negative", "{\"a\":" ENTRY ("F32", "[1]", "-4", "0") "}", "data_offsets"},
  {"beyond-the-end", "{\"a\":" ENTRY ("F32", "[1]", "16", "20") "}", "complete"},
  {"far-beyond-the-end", "{\"a\":" ENTRY ("U8", "[9223372036854775807]", "0",
          "9223372036854775807") "}", "complete"},
  {"too-few-bytes", "{\"a\":" ENTRY ("F32", "[2]", "0", "4") "}", "(2)"},
  {"too-many-bytes", "{\"a\":" ENTRY ("F16", "[1]", "0", "4") "}", "(1)"},
  {"overlap", "{\"a\":" ENTRY ("F32", "[2]", "0", "8") ",\"b\":" ENTRY ("F32", "[1]", "4", "8")
      "}", "overlaps"},
  {"same-place", "{\"a\":" ENTRY ("F32", "[2]", "0", "8") ",\"b\":" ENTRY ("F32", "[2]", "0", "8")
      "}", "overlaps"},
  {"twice", "{\"a\":" ENTRY ("F32", "[1]", "0", "4") ",\"a\":" ENTRY ("F32", "[1]", "4", "8") "}",
      "\"a\" is there twice"},
  {"twice-in-disguise", "{\"a\":" ENTRY ("F32", "[1]", "0", "4") ",\"\\u0061\":" ENTRY ("F32",
          "[1]", "4", "8") "}", "twice"},
  {"twice-inside", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[2],\"data_offsets\":[0,4]}}",
      "twice"},
  {"control-character", "{\"a\nb\":" ENTRY ("F32", "[1]", "0", "4") "}", "control"},
  {"hidden-control-character", "{\"\\u001b[2J\":" ENTRY ("F32", "[1]", "0", "4") "}", "printable"},
  {"not-utf-8", "{\"\xff\":" ENTRY ("F32", "[1]", "0", "4") "}", "UTF-8"},
  {"nested", "{\"a\":{\"shape\":[[[[1]]]]}}", "nested"},
};

static void
test_broken (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = open_header (dir, broken[i].header, 16, &error);

  g_assert_null (checkpoint);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, "t.safetensors", broken[i].says, NULL);
  g_test_message ("%s", error->message);
}

/* A hundred thousand brackets would overflow the stack of a parser that recurses. Hidden behind a comment
 * too, which json-glib reads and JSON does not know. */
static void
test_deep (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();

  for (int hidden = 0; hidden < 2; hidden++) {
    g_autoptr (GString) header = g_string_new ("{\"a\":");
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = NULL;

    if (hidden)
      g_string_append (header, "/* \" */");
    for (int i = 0; i < 100000; i++)
      g_string_append_c (header, '[');
    checkpoint = open_header (dir, header->str, 0, &error);
    g_assert_null (checkpoint);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  }
}

static void
test_wide (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GString) header = g_string_new ("{\"a\":{\"shape\":[0");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = NULL;

  for (int i = 0; i < 1000001; i++)
    g_string_append (header, ",0");
  g_string_append (header, "]}}");
  checkpoint = open_header (dir, header->str, 0, &error);
  g_assert_null (checkpoint);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, "members", NULL);
}

/* Files whose first 8 bytes do not say how long a header follows. */
static void
test_header_length (void)
{
  static const struct
  {
    guint64 length;
    gsize follows;
    const char *says;
  } rows[] = {
    {3, 2, "cut short"}, {G_MAXUINT64, 100, "cut short"}, {G_MAXINT64, 100, "cut short"},
    {G_GUINT64_CONSTANT (1) << 32, 100, "cut short"}, {101, 100, "cut short"},
    {100, 100, "object"}, {0, 0, "empty"},
  };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_build_filename (dir, "t.safetensors", NULL);
    g_autoptr (GString) bytes = g_string_new (NULL);
    guint64 length = GUINT64_TO_LE (rows[i].length);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = NULL;

    g_string_append_len (bytes, (const char *) &length, sizeof length);
    for (gsize b = 0; b < rows[i].follows; b++)
      g_string_append_c (bytes, ' ');
    g_assert_true (g_file_set_contents (path, bytes->str, bytes->len, NULL));
    checkpoint = cnx_checkpoint_open (path, &error);
    g_assert_null (checkpoint);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, path, rows[i].says, NULL);
  }
}

/* More than the format allows, though the file does hold it: refused before it is read. */
static void
test_huge_header (void)
{
  const gsize length = 100 * 1000 * 1000 + 1;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_write_safetensors (dir, "t.safetensors", "{}", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = NULL;
  guint64 stored = GUINT64_TO_LE (length);

  g_assert_true (g_file_set_contents (path, (const char *) &stored, sizeof stored, NULL));
  g_assert_cmpint (truncate (path, sizeof stored + length), ==, 0);
  checkpoint = cnx_checkpoint_open (path, &error);
  g_assert_null (checkpoint);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, "at most 100000000", NULL);
}

/* What people hand over in place of weights. */
static void
test_other_files (void)
{
  static const struct
  {
    const char *text;
    const char *says;
  } rows[] = {
    {"", "too short"},
    {"1234567", "too short"},
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"},
    {"<!DOCTYPE html><html>", "web page"},
  };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = cnx_test_write_text (dir, "t.safetensors", rows[i].text);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (path, &error);

    g_assert_null (checkpoint);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, path, rows[i].says, NULL);
  }
}

static void
test_not_there (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *missing = g_build_filename (dir, "missing.safetensors", NULL);
  g_autofree char *loop = g_build_filename (dir, "loop.safetensors", NULL);
  g_autofree char *fifo = g_build_filename (dir, "fifo.safetensors", NULL);
  const char *paths[] = { missing, dir, "/dev/null", loop, fifo };

  g_assert_cmpint (symlink (loop, loop), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0644), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (paths[i], &error);

    g_assert_null (checkpoint);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
    cnx_test_assert_message (error, paths[i], NULL);
  }
}

/* @dir/@name with nothing but @size bytes in it, opened. */
static CnxInputFile *
file_of (const char *dir, const char *name, const void *bytes, gsize size)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;
  CnxInputFile *file;

  g_assert_true (g_file_set_contents (path, bytes, size, NULL));
  file = cnx_input_file_open (path, &error);
  g_assert_no_error (error);
  return file;
}

/* Every value of @dtype, read against arithmetic with powers of two; NaNs must stay NaNs. */
static void
check_all_16_bit_values (CnxDtype dtype, int exponent_bits)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree guint8 *bytes = g_malloc (65536 * 2);
  g_autofree float *values = g_new (float, 65536);
  const int mantissa_bits = 15 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const guint largest = (1u << exponent_bits) - 1;

  for (guint bits = 0; bits < 65536; bits++) {
    bytes[2 * bits] = bits & 0xff;
    bytes[2 * bits + 1] = bits >> 8;
  }
  g_autoptr (CnxInputFile) file = file_of (dir, "all", bytes, 65536 * 2);
  const CnxTensor tensor = {.dtype = dtype,.value_size = 2,.count = 65536,.contiguous = TRUE,.file = file };
  cnx_tensor_read (&tensor, 0, 65536, values);
  for (guint bits = 0; bits < 65536; bits++) {
    guint exponent = bits >> mantissa_bits & largest;
    guint mantissa = bits & ((1u << mantissa_bits) - 1);
    double expected = ldexp (exponent ? mantissa + (1 << mantissa_bits) : mantissa,
        MAX ((int) exponent, 1) - bias - mantissa_bits);

    if (exponent == largest && mantissa) {
      g_assert_true (isnan (values[bits]));
      continue;
    }
    if (exponent == largest)
      expected = INFINITY;
    g_assert_true (values[bits] == (bits & 0x8000 ? -expected : expected));
    g_assert_cmpint (signbit (values[bits]) != 0, ==, (bits & 0x8000) != 0);
  }
}

static void
test_f16 (void)
{
  check_all_16_bit_values (CNX_DTYPE_F16, 5);
}

static void
test_bf16 (void)
{
  check_all_16_bit_values (CNX_DTYPE_BF16, 8);
}

/* At an odd offset, from the middle. */
static void
test_f32_f64 (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  const float floats[] = { 1.5f, -0.0f, 1e-45f, INFINITY, -3e38f };
  const double doubles[] = { 1.5, -0.1, 1e-60, 1e60, -3 };
  guint8 bytes[1 + sizeof doubles];
  CnxTensor tensor = {.dtype = CNX_DTYPE_F32,.value_size = 4,.count = 5,.contiguous = TRUE,.offset = 1 };
  float values[4];

  memcpy (bytes + 1, floats, sizeof floats);
  g_autoptr (CnxInputFile) single = file_of (dir, "f32", bytes, sizeof bytes);
  tensor.file = single;
  cnx_tensor_read (&tensor, 1, 4, values);
  g_assert_cmpmem (values, sizeof values, floats + 1, sizeof values);

  memcpy (bytes + 1, doubles, sizeof doubles);
  g_autoptr (CnxInputFile) twice = file_of (dir, "f64", bytes, sizeof bytes);
  tensor.file = twice;
  tensor.dtype = CNX_DTYPE_F64;
  tensor.value_size = 8;
  cnx_tensor_read (&tensor, 1, 4, values);
  g_assert_true (values[0] == -0.1f && values[1] == 0 && isinf (values[2]) && values[3] == -3);
}

/* More values than a piece holds. */
static void
test_pieces (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  const gsize count = 50001;
  g_autofree double *stored = g_new (double, count);
  g_autofree float *values = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    stored[i] = i;
  g_autoptr (CnxInputFile) file = file_of (dir, "f64", stored, count * sizeof *stored);
  const CnxTensor tensor = {.dtype = CNX_DTYPE_F64,.value_size = 8,.count = count,.contiguous = TRUE,.file = file };
  cnx_tensor_read (&tensor, 0, count, values);
  for (gsize i = 0; i < count; i++)
    g_assert_true (values[i] == i);
}

/* (2, 3, 2, 2) stored channels last, and a transposed view with a gap. */
static void
test_strides (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  float stored[32], values[24];

  for (guint i = 0; i < G_N_ELEMENTS (stored); i++)
    stored[i] = i;
  g_autoptr (CnxInputFile) file = file_of (dir, "f32", stored, sizeof stored);
  const CnxTensor last = {.dtype = CNX_DTYPE_F32,.value_size = 4,.n_dims = 4,
    .dims = {2, 3, 2, 2},.strides = {12, 1, 6, 3},.count = 24,
    .file = file
  };
  cnx_tensor_read (&last, 0, 24, values);
  for (int n = 0, i = 0; n < 2; n++)
    for (int c = 0; c < 3; c++)
      for (int k = 0; k < 4; k++, i++)
        g_assert_true (values[i] == n * 12 + k * 3 + c);
  cnx_tensor_read (&last, 13, 2, values);
  g_assert_true (values[0] == 12 + 3 && values[1] == 12 + 6);

  const CnxTensor view = {.dtype = CNX_DTYPE_F32,.value_size = 4,.n_dims = 2,
    .dims = {3, 2},.strides = {1, 8},.count = 6,.file = file,
    .offset = 4
  };
  cnx_tensor_read (&view, 0, 6, values);
  for (int i = 0; i < 6; i++)
    g_assert_true (values[i] == 1 + i / 2 + i % 2 * 8);
}

/* A view of two values at the ends of a large file, where there is no memory for what lies between. */
static void
test_far_apart (void)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("the sanitizer needs more addresses than can be left");
#else
  const gint64 apart = G_GINT64_CONSTANT (3) << 30;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "far", NULL);
  const float stored[] = { 3, 7 };
  struct rlimit before, less;
  float values[2] = { 0 };
  FILE *out = g_fopen (path, "wb");

  g_assert_cmpuint (fwrite (&stored[0], sizeof (float), 1, out), ==, 1);
  g_assert_cmpint (fseeko (out, apart, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (&stored[1], sizeof (float), 1, out), ==, 1);
  g_assert_cmpint (fclose (out), ==, 0);
  g_autoptr (CnxInputFile) file = cnx_input_file_open (path, NULL);
  const CnxTensor view = {.dtype = CNX_DTYPE_F32,.value_size = 4,.n_dims = 1,
    .dims = {2},.strides = {apart / 4},.count = 2,.file = file
  };
  g_assert_cmpint (getrlimit (RLIMIT_AS, &before), ==, 0);
  less = (struct rlimit) { 1 << 30, before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_AS, &less), ==, 0);
  cnx_tensor_read (&view, 0, 2, values);
  g_assert_cmpint (setrlimit (RLIMIT_AS, &before), ==, 0);
  g_assert_cmpmem (values, sizeof values, stored, sizeof stored);
#endif
}

/* Other bytes at its start, the same size. */
static void
write_in_place (const char *path)
{
  FILE *file = g_fopen (path, "r+b");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite ("other", 1, 5, file), ==, 5);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* Cut short, written to, or replaced after it was opened. */
static void
test_changed (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_write_safetensors (dir, "t.safetensors",
      "{\"a\":" ENTRY ("F32", "[4000]", "0", "16000") "}", 16000);
  g_autofree char *other = cnx_test_write_text (dir, "other", "another file");
  g_autofree float *values = g_new (float, 4000);

  for (int what = 0; what < 3; what++) {
    g_autofree char *copy = cnx_test_copy (path, dir, "copy.safetensors");
    struct utimbuf long_ago = { 1000000000, 1000000000 };
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = NULL;

    g_assert_cmpint (g_utime (copy, &long_ago), ==, 0);
    checkpoint = cnx_checkpoint_open (copy, &error);

    g_assert_no_error (error);
    g_assert_true (cnx_checkpoint_check (checkpoint, &error));
    if (what == 0)
      g_assert_cmpint (truncate (copy, 9000), ==, 0);
    else if (what == 1)
      write_in_place (copy);
    else
      g_assert_cmpint (g_rename (other, copy), ==, 0);
    memset (values, 0xff, 4000 * sizeof *values);
    cnx_tensor_read (cnx_checkpoint_tensor (checkpoint, 0), 0, 4000, values);
    if (what == 2) {            /* what is open stays what it was */
      g_assert_true (cnx_checkpoint_check (checkpoint, &error));
      g_assert_true (values[3999] != 0);
      continue;
    }
    g_assert_true ((values[3999] == 0) == (what == 0));
    g_assert_false (cnx_checkpoint_check (checkpoint, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, copy, what == 0 ? "cut short" : "changed", "renaming", NULL);
  }
}

/* Weights in several files, and the ways in which an index can lie. */
static void
test_shards (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *one = cnx_test_write_safetensors (dir, "one.safetensors",
      "{\"a\":" ENTRY ("F32", "[1]", "0", "4") "}", 4);
  g_autofree char *two = cnx_test_write_safetensors (dir, "two.safetensors",
      "{\"c\":" ENTRY ("F32", "[1]", "0", "4") ",\"b\":" ENTRY ("F32", "[1]", "4", "8") "}", 8);
  g_autofree char *same = cnx_test_write_safetensors (dir, "same.safetensors",
      "{\"a\":" ENTRY ("F32", "[1]", "0", "4") "}", 4);
  const struct
  {
    const char *index, *message;
  } rows[] = {
    {"{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\",\"c\":\"two.safetensors\"}}", NULL},
    {"{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\"}}", "'b' is not in 'one.safetensors'"},
    {"{\"weight_map\":{\"a\":\"one.safetensors\",\"x\":\"same.safetensors\"}}", "one.safetensors' too"},
    {"{\"weight_map\":{\"a\":\"three.safetensors\"}}", "three.safetensors': No such file"},
    {"{\"weight_map\":{\"a\":\"../one.safetensors\"}}", "no plain name"},
    {"{\"weight_map\":{\"a\":\"\"}}", "no plain name"},
    {"{\"weight_map\":{\"a\":1}}", "something else than the names"},
    {"{\"weight_map\":[]}", "without a 'weight_map'"},
    {"{}", "without a 'weight_map'"},
    {"{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"two.safetensors\"}}", "'a'"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = cnx_test_write_text (dir, "model.safetensors.index.json", rows[i].index);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (path, &error);

    if (!rows[i].message) {
      g_assert_no_error (error);
      g_assert_cmpuint (cnx_checkpoint_n_tensors (checkpoint), ==, 3);
      g_assert_cmpuint (first_byte (cnx_checkpoint_find (checkpoint, "a")), ==, 0);
      g_assert_cmpuint (first_byte (cnx_checkpoint_find (checkpoint, "b")), ==, 4);
    } else {
      g_assert_null (checkpoint);
      cnx_test_assert_message (error, dir, rows[i].message, NULL);
    }
  }
}

/* Broken at random, a file must be refused or read without a crash. */
static void
test_mutations (void)
{
  g_autofree char *good = cnx_test_data ("golden/timm_fp16_v2.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "t.safetensors", NULL);
  g_autofree char *bytes = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  guint64 header;
  gsize size;

  g_assert_true (g_file_get_contents (good, &bytes, &size, NULL));
  memcpy (&header, bytes, sizeof header);
  header = GUINT64_FROM_LE (header);
  for (int i = 0; i < 300; i++) {
    g_autofree char *copy = g_memdup2 (bytes, 8 + header + 64);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = NULL;

    for (int flips = g_rand_int_range (rand, 1, 4); flips > 0; flips--)
      copy[g_rand_int_range (rand, 0, 8 + header)] = g_rand_int_range (rand, 0, 256);
    g_assert_true (g_file_set_contents_full (path, copy, 8 + header + 64,
            G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    checkpoint = cnx_checkpoint_open (path, &error);
    g_assert_null (checkpoint); /* 64 bytes of data do for none of its tensors but the first */
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/checkpoint/good", test_good);
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *name = g_strconcat ("/checkpoint/broken/", broken[i].what, NULL);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_broken);
  }
  g_test_add_func ("/checkpoint/deep", test_deep);
  g_test_add_func ("/checkpoint/wide", test_wide);
  g_test_add_func ("/checkpoint/header-length", test_header_length);
  g_test_add_func ("/checkpoint/huge-header", test_huge_header);
  g_test_add_func ("/checkpoint/other-files", test_other_files);
  g_test_add_func ("/checkpoint/not-there", test_not_there);
  g_test_add_func ("/checkpoint/f16", test_f16);
  g_test_add_func ("/checkpoint/bf16", test_bf16);
  g_test_add_func ("/checkpoint/f32-f64", test_f32_f64);
  g_test_add_func ("/checkpoint/pieces", test_pieces);
  g_test_add_func ("/checkpoint/strides", test_strides);
  g_test_add_func ("/checkpoint/far-apart", test_far_apart);
  g_test_add_func ("/checkpoint/changed", test_changed);
  g_test_add_func ("/checkpoint/shards", test_shards);
  g_test_add_func ("/checkpoint/mutations", test_mutations);
  return g_test_run ();
}
