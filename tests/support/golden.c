#include "tests/support/golden.h"

#include <math.h>
#include <string.h>

#include "tests/support/temp_files.h"

float *
cnx_test_golden_input (void)
{
  const gsize plane = CNX_GOLDEN_HEIGHT * CNX_GOLDEN_WIDTH;
  g_autofree char *path = cnx_test_data ("golden/input_2x3x64x96.f32");
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  float *out = g_new (float, CNX_GOLDEN_PICTURES * plane * 3);
  gsize size;

  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, ==, CNX_GOLDEN_PICTURES * plane * 3 * sizeof (float));
  for (gsize i = 0; i < CNX_GOLDEN_PICTURES; i++) {
    for (gsize c = 0; c < 3; c++) {
      for (gsize p = 0; p < plane; p++)
        memcpy (out + (i * plane + p) * 3 + c, bytes + ((i * 3 + c) * plane + p) * sizeof (float),
            sizeof (float));
    }
  }
  return out;
}

void
cnx_test_each_relative (CnxRelativeFunc func, gpointer user_data)
{
  g_autofree char *list = cnx_test_data ("relatives/golden.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  guint count = 0;

  json_parser_load_from_file (parser, list, &error);
  g_assert_no_error (error);
  json_object_iter_init (&iter,
      json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "files"));
  while (json_object_iter_next (&iter, &name, &node)) {
    g_autofree char *relative = g_build_filename ("relatives", name, NULL);
    g_autofree char *path = cnx_test_data (relative);

    func (name, path, json_node_get_object (node), user_data);
    count++;
  }
  g_assert_cmpuint (count, ==, 16);
}

double
cnx_test_golden_off (JsonObject * golden, const char *what, const float *got, int width)
{
  JsonArray *expected = json_object_get_array_member (golden, what);
  double largest = 0;

  g_assert_cmpuint (json_array_get_length (expected), ==, CNX_GOLDEN_PICTURES);
  for (int i = 0; i < CNX_GOLDEN_PICTURES; i++) {
    JsonArray *row = json_array_get_array_element (expected, i);

    g_assert_cmpuint (json_array_get_length (row), ==, width);
    for (int c = 0; c < width; c++) {
      const double off = fabs (json_array_get_double_element (row, c) - got[i * width + c]);

      g_assert_true (isfinite (off));
      largest = MAX (largest, off);
    }
  }
  return largest;
}
