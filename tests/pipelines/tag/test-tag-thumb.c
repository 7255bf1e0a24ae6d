/* Small pictures of a film, and which frames are kept. */
#include <math.h>
#include <vips/vips.h>

#include "core/error.h"
#include "pipelines/tag/formats/thumb.h"

#define WIDTH 40
#define HEIGHT 20
#define MOST 48

static guint8 pixels[HEIGHT][WIDTH][3];

/* Offers frames at 0, @step, ... before @length; how many pictures were made. */
static guint
offer (CnxTagThumbs * thumbs, double step, double length)
{
  guint made = 0;

  for (guint i = 0; i * step < length; i++) {
    if (!cnx_tag_thumbs_wants (thumbs, i * step))
      continue;
    g_assert_true (cnx_tag_thumbs_add (thumbs, i * step, pixels[0][0], WIDTH, HEIGHT, sizeof (pixels[0]), NULL));
    made++;
  }
  return made;
}

static double
time_of (const CnxTagThumbs * thumbs, guint i)
{
  return g_array_index (cnx_tag_thumbs_list (thumbs), CnxTagThumb, i).time;
}

/* Whatever the length: no more than asked for, no fewer than half, from the start to the end, evenly. */
static void
test_even (void)
{
  static const double lengths[] = { 0.1, 0.6, 3, 24, 24.1, 47, 100, 1000, 7200, 50000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autoptr (CnxTagThumbs) thumbs = cnx_tag_thumbs_new (MOST);
    const guint made = offer (thumbs, 0.04, lengths[i]), n = cnx_tag_thumbs_list (thumbs)->len;
    const double spacing = n > 1 ? time_of (thumbs, 1) - time_of (thumbs, 0) : 0;

    g_assert_cmpuint (n, >=, 1);
    g_assert_cmpuint (n, <=, MOST);
    g_assert_true (lengths[i] < 24 || n >= MOST / 2);
    g_assert_cmpfloat (time_of (thumbs, 0), ==, 0);
    g_assert_true (n == 1 || lengths[i] - time_of (thumbs, n - 1) <= spacing + 0.05);
    for (guint j = 1; j < n; j++)
      g_assert_cmpfloat_with_epsilon (time_of (thumbs, j) - time_of (thumbs, j - 1), spacing, 0.05);
    /* Few more than are kept: one more lot of a half for every doubling. */
    g_assert_cmpuint (made, <=, MOST + MOST / 2 * (guint) (2 + MAX (0, log2 (lengths[i] / 24))));
  }
}

/* What is kept is what would be had the spacing been that from the start: the first of each stretch. */
static void
test_first_of_each (void)
{
  for (guint32 seed = 0; seed < 50; seed++) {
    g_autoptr (CnxTagThumbs) thumbs = cnx_tag_thumbs_new (8);
    g_autoptr (GRand) random = g_rand_new_with_seed (seed);
    g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
    const GArray *kept = cnx_tag_thumbs_list (thumbs);
    double time = 0, spacing = 0.5;
    guint expected = 0;

    for (int i = 0; i < 200; i++) {
      g_array_append_val (times, time);
      g_assert_true (cnx_tag_thumbs_add (thumbs, time, pixels[0][0], WIDTH, HEIGHT, sizeof (pixels[0]), NULL));
      time += g_rand_double_range (random, 0.001, i % 10 == 0 ? 9 : 0.7);
    }
    for (guint n = 9; n > 8; spacing *= 2) {
      n = 0;
      for (guint i = 0; i < times->len; i++)
        n += i == 0 || floor (g_array_index (times, double, i) / spacing)
            > floor (g_array_index (times, double, i - 1) / spacing);
    }
    spacing /= 2;
    for (guint i = 0; i < times->len; i++) {
      const double one = g_array_index (times, double, i);

      if (i > 0 && floor (one / spacing) <= floor (g_array_index (times, double, i - 1) / spacing))
        continue;
      g_assert_cmpuint (expected, <, kept->len);
      g_assert_cmpfloat (time_of (thumbs, expected++), ==, one);
    }
    g_assert_cmpuint (expected, ==, kept->len);
  }
}

static void
test_odd_times (void)
{
  g_autoptr (CnxTagThumbs) thumbs = cnx_tag_thumbs_new (2);
  static const double refused[] = { NAN, INFINITY, -INFINITY, -1, -1e-9 };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    g_assert_false (cnx_tag_thumbs_wants (thumbs, refused[i]));
  g_assert_cmpuint (offer (thumbs, 1e307, 9e307), >=, 1);
  g_assert_cmpuint (cnx_tag_thumbs_list (thumbs)->len, <=, 2);
  /* Backwards, and the same once more. */
  g_assert_false (cnx_tag_thumbs_wants (thumbs, 0));
  g_assert_false (cnx_tag_thumbs_wants (thumbs, 8e307));

  g_autoptr (CnxTagThumbs) one = cnx_tag_thumbs_new (0);
  offer (one, 1, 100);
  g_assert_cmpuint (cnx_tag_thumbs_list (one)->len, ==, 1);
  g_assert_cmpfloat (time_of (one, 0), ==, 0);
}

static void
test_broken_frame (void)
{
  g_autoptr (CnxTagThumbs) thumbs = cnx_tag_thumbs_new (4);
  g_autoptr (GError) error = NULL;

  g_assert_false (cnx_tag_thumbs_add (thumbs, 0, pixels[0][0], WIDTH, HEIGHT, 3 * WIDTH - 1, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_assert_cmpuint (cnx_tag_thumbs_list (thumbs)->len, ==, 0);
  g_assert_true (cnx_tag_thumbs_wants (thumbs, 0));
}

/* Left half red, right half blue, with rubbish behind each row. */
static guint8 *
two_halves (int width, int height, int stride)
{
  guint8 *frame = g_malloc ((gsize) stride * height);

  memset (frame, 0x55, (gsize) stride * height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      guint8 *pixel = frame + (gsize) y * stride + 3 * x;

      pixel[0] = x < width / 2 ? 230 : 20;
      pixel[1] = 20;
      pixel[2] = x < width / 2 ? 20 : 230;
    }
  return frame;
}

static void
assert_two_halves (GBytes * jpeg, int width, int height)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (jpeg, &size);
  VipsImage *image = vips_image_new_from_buffer (data, size, "", NULL);
  static const double wanted[2][3] = { {230, 20, 20}, {20, 20, 230} };

  g_assert_nonnull (image);
  g_assert_cmpint (vips_image_get_width (image), ==, width);
  g_assert_cmpint (vips_image_get_height (image), ==, height);
  g_assert_cmpint (vips_image_get_typeof (image, VIPS_META_EXIF_NAME), ==, 0);
  for (int half = 0; half < 2; half++) {
    double *levels;
    int n;

    g_assert_cmpint (vips_getpoint (image, &levels, &n, width * (1 + 2 * half) / 4, height - 1, NULL), ==, 0);
    g_assert_cmpint (n, ==, 3);
    for (int c = 0; c < 3; c++)
      g_assert_cmpfloat_with_epsilon (levels[c], wanted[half][c], 12);
    g_free (levels);
  }
  g_object_unref (image);
}

static void
test_picture (void)
{
  static const struct { int width, height, stride, small_width, small_height; } sizes[] = {
    {1920, 1080, 5760, 284, 160}, {1921, 1081, 5764, 284, 160}, {320, 160, 961, 320, 160}, {16, 8, 48, 16, 8},
    {2000, 100, 6004, 640, 32}, {108, 192, 324, 90, 160},
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree guint8 *frame = two_halves (sizes[i].width, sizes[i].height, sizes[i].stride);
    g_autoptr (GError) error = NULL;
    int width = 0, height = 0;
    g_autoptr (GBytes) jpeg = cnx_tag_thumb (frame, sizes[i].width, sizes[i].height, sizes[i].stride, &width, &height,
        &error);

    g_assert_no_error (error);
    g_assert_cmpint (width, ==, sizes[i].small_width);
    g_assert_cmpint (height, ==, sizes[i].small_height);
    assert_two_halves (jpeg, width, height);
  }
}

static void
test_shrink (void)
{
  g_autofree guint8 *frame = two_halves (320, 160, 960);
  int width, height;
  g_autoptr (GBytes) jpeg = cnx_tag_thumb (frame, 320, 160, 960, &width, &height, NULL);
  g_autoptr (GBytes) small = cnx_tag_thumb_shrink (jpeg, 96, NULL);
  g_autoptr (GBytes) same = cnx_tag_thumb_shrink (jpeg, 500, NULL);
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("rubbish", 7);
  g_autoptr (GError) error = NULL;

  assert_two_halves (small, 192, 96);
  assert_two_halves (same, 320, 160);
  g_assert_null (cnx_tag_thumb_shrink (rubbish, 96, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
}

static void
test_no_frame (void)
{
  static const int wrong[][3] = {
    {0, 10, 30}, {10, 0, 30}, {-1, 10, 30}, {10, 10, 29}, {10, 10, -30},
    {G_MAXINT, 1, 3}
  };
  int width, height;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (cnx_tag_thumb (pixels[0][0], wrong[i][0], wrong[i][1], wrong[i][2], &width, &height, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  }
}

int
main (int argc, char **argv)
{
  int status;

  if (VIPS_INIT (argv[0]) != 0)
    return 1;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag-thumb/evenly", test_even);
  g_test_add_func ("/tag-thumb/the first of each stretch", test_first_of_each);
  g_test_add_func ("/tag-thumb/odd times", test_odd_times);
  g_test_add_func ("/tag-thumb/a frame that is none", test_broken_frame);
  g_test_add_func ("/tag-thumb/a picture", test_picture);
  g_test_add_func ("/tag-thumb/smaller", test_shrink);
  g_test_add_func ("/tag-thumb/no frame", test_no_frame);
  status = g_test_run ();
  vips_shutdown ();
  return status;
}
