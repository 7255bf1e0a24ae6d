/* A heat map among the fields of a buffer's labels: what is written is read, and what somebody else wrote is a map or
 * none. */
#include "gst-plugin/labels/labelmeta.h"
#include "tests/gst/elements.h"

#include <math.h>

static CnxMetaHeat *
make_heat (void)
{
  CnxMetaHeat *heat = cnx_meta_heat_new (3, 2);

  for (int i = 0; i < 6; i++)
    heat->values[i] = i / 5.0;
  heat->x = -0.25;
  heat->y = 0.125;
  heat->w = 1.5;
  heat->h = 0.75;
  return heat;
}

/* The heat map of the only classification on @buffer, NULL where it has none. */
static gboolean
keep_heat (const CnxMetaLabels * labels, gpointer user_data)
{
  CnxMetaHeat **heat = user_data;

  *heat = labels->heat ? cnx_meta_heat_ref (labels->heat) : NULL;
  return TRUE;
}

static GstBuffer *
labelled (CnxMetaHeat * heat)
{
  const CnxMetaLabel label = { 7, "cup", 0.5 };
  const CnxMetaLabels labels = {.model = "m",.stream = "s",.running_time = 5,.n = 1,.labels = &label,.heat = heat };
  GstBuffer *buffer = gst_buffer_new ();

  cnx_label_meta_add (buffer, &labels);
  return buffer;
}

static void
test_round_trip (void)
{
  g_autoptr (CnxMetaHeat) heat = make_heat (), read = NULL, none = NULL;
  g_autoptr (GstBuffer) buffer = labelled (heat), plain = labelled (NULL);
  g_autoptr (GstBuffer) copy = gst_buffer_copy (buffer);
  const GstStructure *s = gst_custom_meta_get_structure (gst_buffer_get_custom_meta (plain, CNX_LABEL_META_NAME));

  g_assert_cmpuint (cnx_label_meta_foreach (copy, keep_heat, &read), ==, 1);
  g_assert_true (read != heat && cnx_meta_heat_equal (read, heat));
  g_assert_cmpuint (cnx_label_meta_foreach (plain, keep_heat, &none), ==, 1);
  g_assert_null (none);
  g_assert_false (gst_structure_has_field (s, "heatmap") || gst_structure_has_field (s, "heatmap-width")
      || gst_structure_has_field (s, "heatmap-region"));
}

/* What a program in another language gets: arrays of numbers. */
static void
test_fields (void)
{
  g_autoptr (CnxMetaHeat) heat = make_heat ();
  const CnxMetaLabel label = { 7, "cup", 0.5 };
  const CnxMetaLabels labels = {.model = "m",.stream = "s",.n = 1,.labels = &label,.heat = heat };
  GstStructure *s = cnx_label_meta_to_structure (&labels);
  int width = 0, height = 0;

  g_assert_true (gst_structure_get (s, "heatmap-width", G_TYPE_INT, &width, "heatmap-height", G_TYPE_INT, &height,
          NULL));
  g_assert_cmpint (width, ==, 3);
  g_assert_cmpint (height, ==, 2);
  g_assert_cmpfloat (g_value_get_float (gst_value_array_get_value (gst_structure_get_value (s, "heatmap"), 5)), ==, 1);
  g_assert_cmpfloat (g_value_get_double (gst_value_array_get_value (gst_structure_get_value (s, "heatmap-region"), 0)),
      ==, -0.25);
  gst_structure_free (s);
}

static void
test_equal (void)
{
  g_autoptr (CnxMetaHeat) a = make_heat (), b = make_heat (), tall = cnx_meta_heat_new (2, 3);

  g_assert_true (cnx_meta_heat_equal (a, b));
  g_assert_true (cnx_meta_heat_equal (NULL, NULL));
  g_assert_false (cnx_meta_heat_equal (a, NULL) || cnx_meta_heat_equal (NULL, a) || cnx_meta_heat_equal (a, tall));
  b->values[2] = 0.25;
  g_assert_false (cnx_meta_heat_equal (a, b));
  b->values[2] = a->values[2];
  b->y = 0.5;
  g_assert_false (cnx_meta_heat_equal (a, b));
}

typedef void (*Spoil) (GstStructure * s);

static void
set_array (GstStructure * s, const char *name, const float *values, guint n)
{
  GValue array = G_VALUE_INIT, value = G_VALUE_INIT;

  gst_value_array_init (&array, n);
  g_value_init (&value, G_TYPE_FLOAT);
  for (guint i = 0; i < n; i++) {
    g_value_set_float (&value, values[i]);
    gst_value_array_append_value (&array, &value);
  }
  gst_structure_take_value (s, name, &array);
}

static void
spoil_width (GstStructure * s)
{
  gst_structure_set (s, "heatmap-width", G_TYPE_INT, 4, NULL);
}

static void
spoil_sign (GstStructure * s)
{
  gst_structure_set (s, "heatmap-width", G_TYPE_INT, -3, "heatmap-height", G_TYPE_INT, -2, NULL);
}

/* 65536 x 65536 is 0 in 32 bits. */
static void
spoil_product (GstStructure * s)
{
  set_array (s, "heatmap", NULL, 0);
  gst_structure_set (s, "heatmap-width", G_TYPE_INT, 65536, "heatmap-height", G_TYPE_INT, 65536, NULL);
}

static void
spoil_value (GstStructure * s)
{
  set_array (s, "heatmap", (const float[6]) { 0, 0, NAN, 0, 0, 0 }, 6);
}

static void
spoil_range (GstStructure * s)
{
  set_array (s, "heatmap", (const float[6]) { 0, 0, 1.5, 0, 0, 0 }, 6);
}

static void
spoil_type (GstStructure * s)
{
  gst_structure_set (s, "heatmap", G_TYPE_STRING, "warm", NULL);
}

static void
spoil_region (GstStructure * s)
{
  set_array (s, "heatmap-region", (const float[4]) { 0, 0, 1, 1 }, 4);  /* of floats, not doubles */
}

static void
spoil_extent (GstStructure * s)
{
  gst_structure_remove_field (s, "heatmap-region");
}

/* The labels are read all the same. */
static void
test_others_write (void)
{
  static const Spoil spoils[] = { spoil_width, spoil_sign, spoil_product, spoil_value, spoil_range, spoil_type,
    spoil_region, spoil_extent
  };

  for (guint i = 0; i < G_N_ELEMENTS (spoils); i++) {
    g_autoptr (CnxMetaHeat) heat = make_heat (), read = NULL;
    g_autoptr (GstBuffer) buffer = labelled (heat);
    CnxTestAnswer answer;

    spoils[i] (gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, CNX_LABEL_META_NAME)));
    g_assert_cmpuint (cnx_label_meta_foreach (buffer, keep_heat, &read), ==, 1);
    g_assert_null (read);
    g_assert_true (cnx_test_only_answer (buffer, &answer));
    g_assert_cmpstr (answer.labels[0], ==, "cup");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/metaheat/round-trip", test_round_trip);
  g_test_add_func ("/metaheat/fields", test_fields);
  g_test_add_func ("/metaheat/equal", test_equal);
  g_test_add_func ("/metaheat/others-write", test_others_write);
  return g_test_run ();
}
