/* What is handed over in place of weights is told by its name, and weights never are. */
#include <string.h>

#include "core/error.h"
#include "core/input/file_kind.h"
#include "core/model/model.h"
#include "tests/support/temp_files.h"

#define START(text) text, sizeof text - 1

static const struct
{
  const char *start;
  gsize length;
  const char *says;
} rows[] = {
  {START ("\211PNG\r\n\032\n\0\0\0\rIHDR"), "a PNG picture"},
  {START ("\377\330\377\340\0\020JFIF"), "a JPEG picture"},
  {START ("\377\330\377\341\0\020Exif"), "a JPEG picture"},
  {START ("GIF89a\1\0\1\0"), "a GIF picture"},
  {START ("RIFF\044\0\0\0WEBPVP8 "), "a WebP picture"},
  {START ("\211HDF\r\n\032\n\0\0\0\0"), "HDF5"},
  {START ("\034\0\0\0TFL3\024\0"), "TensorFlow Lite"},
  {START ("\010\010\022\007pytorch\032\0052.4.0"), "ONNX"},
  {START ("\010\007\022\007tf2onnx\032"), "ONNX"},
  {START ("\010\012\022\014skl2onnx-foo\032"), "ONNX"},
  {START ("\010\010:\232\200\004\012\020"), "ONNX"},
  {START ("\010\001\022\377\003\012\023s\001\022"), "a TensorFlow SavedModel"},
  {START ("\200\002}q\0(X\6\0\0\0"), "a bare pickle"},
  {START ("\200\004\225\20\0\0\0\0\0\0\0}"), "a bare pickle"},
  {START ("(dp0\nVhead.fc.bias\np1\n"), "a bare pickle"},
  {START ("(lp0\n(dp1\nVhead.fc.bias\np2\n"), "a bare pickle"},
  {START ("}q\0(X\14\0\0\0head.fc.bias"), "torch.from_numpy()"},
  {START ("]q\0}q\1(X\14\0\0\0"), "a bare pickle"},
  {START ("ccollections\nOrderedDict\np0\n(t"), "a bare pickle"},
  {START ("cnumpy.core.multiarray\n_reconstruct\n"), "a bare pickle"},
  {START ("\202\250convnext\202\247encoder"), "MessagePack"},
  {START ("ftrt\0\0\0\0\0\0\0\0"), "TensorRT"},
  {START ("<?xml version=\"1.0\"?><net name=\"x\">"), "an XML file, as OpenVINO"},
  {START ("<!DOCTYPE html><html lang=\"en\">"), "a web page: was it downloaded from the right link?"},
  {START ("<html><head>"), "a web page"},
  {START ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "git lfs pull"},
  {START ("{\"error\": \"Entry not found\"}"), "JSON"},
  {START ("GGUF\3\0\0\0\0\0\0\0"), "GGUF"},
  {START ("\223NUMPY\1\0v\0"), "NumPy"},
  {START ("%PDF-1.7\n%"), "PDF"},
  {START ("\037\213\010\0\0\0\0\0\0\3"), "gzip"},
  {START ("\3757zXZ\0\0\4\346\326"), "xz"},
  {START ("7z\274\257\047\034\0\4"), "7-Zip"},
};

static void
test_kinds (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = g_build_filename (dir, "birds.safetensors", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, rows[i].start, rows[i].length, NULL));
    g_assert_null (cnx_model_load (path, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, path, "it seems to be", rows[i].says, "safetensors", ".pth", NULL);
    g_assert_null (strstr (error->message, "cut short"));
    g_assert_nonnull (cnx_file_kind ((const guint8 *) rows[i].start, rows[i].length));
    g_assert_nonnull (strstr (cnx_file_kind_of (path), rows[i].says));
  }
}

/* Whose mark is behind the first header's fields. */
static void
test_tar (void)
{
  guint8 start[CNX_KIND_BYTES] = "model.safetensors";

  g_assert_null (cnx_file_kind (start, sizeof start));
  memcpy (start + 257, "ustar", 5);
  g_assert_cmpstr (cnx_file_kind (start, sizeof start), ==, "a tar archive: unpack it first");
  g_assert_null (cnx_file_kind (start, 261));
}

/* One byte less of what tells, or nothing known: no guess. */
static void
test_unknown (void)
{
  static const guint8 png[] = "\211PNG\r\n\032\n", tflite[] = "\034\0\0\0TFL3", noise[] = "\1\2\3\4\5\6\7\10\11\12\13";
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *empty = cnx_test_write_text (dir, "empty", "");
  g_autofree char *missing = g_build_filename (dir, "missing", NULL);
  g_autofree char *path = g_build_filename (dir, "noise.safetensors", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (cnx_file_kind (png, sizeof png - 2));
  g_assert_null (cnx_file_kind (tflite, sizeof tflite - 2));
  g_assert_null (cnx_file_kind (noise, sizeof noise - 1));
  g_assert_null (cnx_file_kind (noise, 0));
  g_assert_null (cnx_file_kind_of (empty));
  g_assert_null (cnx_file_kind_of (missing));
  g_assert_null (cnx_file_kind_of (dir));
  g_assert_true (g_file_set_contents (path, (const char *) noise, sizeof noise, NULL));
  g_assert_null (cnx_model_load (path, &error));
  cnx_test_assert_message (error, path, "cut short", NULL);
}

/* A header of 60 bytes makes a file that begins with '<', as a web page does. */
static void
test_weights (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  const char *header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}      ";
  g_autofree char *path = cnx_test_write_safetensors (dir, "t.safetensors", header, 4);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (strlen (header), ==, '<');
  g_assert_nonnull (cnx_file_kind_of (path));
  g_assert_null (cnx_model_load (path, &error));        /* it is read, and is no ConvNeXt */
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-kind/kinds", test_kinds);
  g_test_add_func ("/file-kind/tar", test_tar);
  g_test_add_func ("/file-kind/unknown", test_unknown);
  g_test_add_func ("/file-kind/weights", test_weights);
  return g_test_run ();
}
