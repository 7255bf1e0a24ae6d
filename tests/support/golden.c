#include "tests/support/golden.h"

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
