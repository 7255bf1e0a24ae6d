/* The 16-bit roundings against every half that there is, and what int8 makes of weights and inputs against the
 * promises of core/model/precision.h. */
#include "core/error.h"
#include "core/model/precision.h"
#include "core/weights/half.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- names ---- */

/* Of all precisions only int8 leaves them: in it they would cost half of what int8 costs. */
static void
test_downsamples (void)
{
  for (CnxPrecision precision = CNX_PRECISION_FP32; precision <= CNX_PRECISION_INT8; precision++)
    g_assert_cmpint (cnx_precision_of_downsamples (precision), ==,
        precision == CNX_PRECISION_INT8 ? CNX_PRECISION_FP32 : precision);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *name;
    CnxPrecision precision;
  } names[] = {
    {NULL, CNX_PRECISION_AUTO}, {"", CNX_PRECISION_AUTO}, {"auto", CNX_PRECISION_AUTO},
    {"fp32", CNX_PRECISION_FP32}, {"FP16", CNX_PRECISION_FP16}, {"Bf16", CNX_PRECISION_BF16},
    {"int8", CNX_PRECISION_INT8},
  };
  static const char *const wrong[] = { "fp8", "int", "int8 ", "0", "half" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    CnxPrecision got = 99;
    g_assert_true (cnx_precision_parse (names[i].name, &got, &error));
    g_assert_no_error (error);
    g_assert_cmpint (got, ==, names[i].precision);
    if (names[i].name && *names[i].name)
      g_assert_cmpint (g_ascii_strcasecmp (cnx_precision_name (got), names[i].name), ==, 0);
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;
    CnxPrecision got;
    g_assert_false (cnx_precision_parse (wrong[i], &got, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_assert_nonnull (strstr (error->message, wrong[i]));
    for (CnxPrecision p = CNX_PRECISION_AUTO; p <= CNX_PRECISION_INT8; p++)
      g_assert_nonnull (strstr (error->message, cnx_precision_name (p)));
  }
}

/* ---- 16 bits ---- */

/* A format by its definition: sign, @exponent_bits, @mantissa_bits. */
typedef struct
{
  const char *name;
  guint16 (*from) (float value);
  float (*to) (guint16 half);
  int mantissa_bits, bias;
  guint16 infinity;
} Format;

static const Format fp16 = { "fp16", cnx_fp16_from_float, cnx_fp16_to_float, 10, 15, 0x7c00 };
static const Format bf16 = { "bf16", cnx_bf16_from_float, cnx_bf16_to_float, 7, 127, 0x7f80 };

/* What @half, positive and finite, stands for; for infinity's bits the value that would be the next. */
static double
value_of (const Format * f, guint16 half)
{
  const int exponent = half >> f->mantissa_bits, mantissa = half & ((1 << f->mantissa_bits) - 1);

  return ldexp (exponent ? mantissa + (1 << f->mantissa_bits) : mantissa,
      MAX (exponent, 1) - f->bias - f->mantissa_bits);
}

static guint32
bits_of (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static float
float_of (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

/* Every half is a float and comes back; a NaN as some NaN of its sign. */
static void
test_round_trip (gconstpointer data)
{
  const Format *f = data;

  for (guint bits = 0; bits <= 0xffff; bits++) {
    const guint16 magnitude = bits & 0x7fff;
    const float value = f->to (bits);
    g_assert_cmpint (signbit (value) != 0, ==, bits >> 15);
    if (magnitude > f->infinity) {
      g_assert_true (isnan (value));
      g_assert_true (isnan (f->to (f->from (value))));
      g_assert_cmpuint (f->from (value) & 0x8000, ==, bits & 0x8000);
      continue;
    }
    if (magnitude == f->infinity)
      g_assert_true (isinf (value));
    else
      g_assert_cmpfloat (fabs (value), ==, value_of (f, magnitude));
    g_assert_cmphex (f->from (value), ==, bits);
  }
}

static void
assert_rounds (const Format * f, float value, guint16 want)
{
  g_assert_cmphex (f->from (value), ==, want);
  g_assert_cmphex (f->from (-value), ==, want | 0x8000);
}

/* Between every two neighbours, subnormals, zero and infinity among them: the middle goes to the even one, and the
 * floats beside it to their own side. */
static void
test_ties (gconstpointer data)
{
  const Format *f = data;

  for (guint16 half = 0; half < f->infinity; half++) {
    const float middle = (value_of (f, half) + value_of (f, half + 1)) / 2;
    g_assert_cmpfloat (2 * (double) middle, ==, value_of (f, half) + value_of (f, half + 1));
    assert_rounds (f, middle, half & 1 ? half + 1 : half);
    assert_rounds (f, nextafterf (middle, 0), half);
    assert_rounds (f, nextafterf (middle, INFINITY), half + 1);
  }
  assert_rounds (f, FLT_MAX, f->infinity);
  assert_rounds (f, INFINITY, f->infinity);
  assert_rounds (f, FLT_TRUE_MIN, 0);
}

/* Any float: no other half is nearer. NaNs whose payload lies in the bits that are cut off stay NaNs. */
static void
test_nearest (gconstpointer data)
{
  const Format *f = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (16);

  for (int i = 0; i < 200000; i++) {
    const float value = float_of (g_rand_int (rand) & 0x7fffffff);
    const guint16 half = f->from (value);
    if (isnan (value) || isinf (value))
      continue;
    const double off = fabs (value - value_of (f, half));
    g_assert_cmphex (half, <=, f->infinity);
    if (half > 0)
      g_assert_cmpfloat (off, <=, value - value_of (f, half - 1));
    if (half < f->infinity)
      g_assert_cmpfloat (off, <=, value_of (f, half + 1) - value);
  }
  for (guint32 payload = 1; payload < 0x800000; payload <<= 1)
    for (guint32 sign = 0; sign < 2; sign++) {
      const float nan = float_of (sign << 31 | 0x7f800000 | payload);
      g_assert_true (isnan (f->to (f->from (nan))));
      g_assert_cmpuint (f->from (nan) >> 15, ==, bits_of (nan) >> 31);
    }
}

/* ---- int8: weights ---- */

#define LONGEST 3072

typedef enum
{
  ROW_RANDOM,
  ROW_SPIKY,                    /* a few values forty times the rest */
  ROW_ONE_SIDED,
  ROW_EVEN,                     /* all of one size, of any sign: the rule of four bites hardest */
  ROW_PAIRS,                    /* large where four are added up, 0 elsewhere */
  ROW_ONE,                      /* a single value that is not 0 */
  ROW_KINDS,
} RowKind;

static void
fill_row (GRand * rand, RowKind kind, int count, float scale, float *row)
{
  const int spike = g_rand_int_range (rand, 0, count);

  for (int k = 0; k < count; k++) {
    const float x = g_rand_double_range (rand, -1, 1);
    const gboolean large = g_rand_int_range (rand, 0, 50) == 0;
    row[k] = scale * (kind == ROW_SPIKY ? (large ? x : x / 40) : kind == ROW_ONE_SIDED ? fabsf (x)
        : kind == ROW_EVEN ? (x < 0 ? -1 : 1) : kind == ROW_PAIRS ? (k & 2 ? 0 : x)
        : kind == ROW_ONE ? (k == spike ? x : 0) : x);
  }
}

/* Magnitudes of values 0, 1, 4, 5 of the eight at @q, or of 2, 3, 6, 7 with @first 2. */
static int
four (const gint8 * q, int left, int first)
{
  const int places[] = { first, first + 1, first + 4, first + 5 };
  int sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (places[i] < left)
      sum += ABS (q[places[i]]);
  return sum;
}

/* The promises: each value within half a step, none beyond 127, no four beyond 258, and no step larger than it has
 * to be for that: the largest value or the largest four comes within its roundings of the limit. */
static void
check_weight (const float *row, int count)
{
  gint8 q[LONGEST];
  int most = 0, most_four = 0;
  const float scale = cnx_int8_weight (row, count, q);

  g_assert_true (isfinite (scale) && scale > 0);
  for (int k = 0; k < count; k++) {
    g_assert_cmpint (q[k], >=, -127);
    g_assert_cmpfloat (fabs (row[k] - (double) q[k] * scale), <=, scale * 0.50001);
    most = MAX (most, ABS (q[k]));
  }
  for (int k = 0; k < count; k += 8)
    for (int first = 0; first <= 2; first += 2)
      most_four = MAX (most_four, four (q + k, count - k, first));
  g_assert_cmpint (most_four, <=, CNX_INT8_FOUR);
  g_assert_true (most == 127 || most_four >= CNX_INT8_FOUR - 4);
}

static void
test_weight (void)
{
  static const int counts[] = { 1, 3, 8, 31, 40, 96, 384, LONGEST };
  static const float sizes[] = { 1e-30f, 0.02f, 1, 1e30f };
  g_autoptr (GRand) rand = g_rand_new_with_seed (8);
  float row[LONGEST] = { 0 };
  gint8 q[LONGEST];

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    for (RowKind kind = 0; kind < ROW_KINDS; kind++)
      for (int turn = 0; turn < 100; turn++) {
        fill_row (rand, kind, counts[i], sizes[turn % G_N_ELEMENTS (sizes)], row);
        row[0] = row[0] == 0 ? 1e-3f * sizes[turn % G_N_ELEMENTS (sizes)] : row[0];
        check_weight (row, counts[i]);
      }
    memset (row, 0, sizeof row);
    memset (q, 1, sizeof q);
    g_assert_cmpfloat (cnx_int8_weight (row, counts[i], q), ==, 0);
    for (int k = 0; k < counts[i]; k++)
      g_assert_cmpint (q[k], ==, 0);
  }
}

/* What lies below CNX_INT8_LEAST counts as one value: nothing overflows on the way. */
static void
test_tiny (void)
{
  const float tiny[] = { 1e-36f, 1e-38f, 1e-42f, 1e-45f };

  for (guint i = 0; i < G_N_ELEMENTS (tiny); i++) {
    const float row[] = { tiny[i] / 2, -tiny[i] / 4, 0, tiny[i] / 8 };
    gint8 weights[] = { 1, 1, 1, 1 };
    guint8 inputs[] = { 1, 1, 1, 1 };
    float scale, low;
    g_assert_cmpfloat (cnx_int8_weight (row, 4, weights), ==, 0);
    cnx_int8_group (row, 4, 255, inputs, &scale, &low);
    g_assert_true (isfinite (scale) && isfinite (low));
    for (int k = 0; k < 4; k++) {
      g_assert_cmpint (weights[k], ==, 0);
      g_assert_cmpint (inputs[k], ==, 0);
    }
  }
}

/* What the 258 is for: the four products fit 16 bits with inputs of 7. */
static void
test_weight_limit (void)
{
  g_assert_cmpint (CNX_INT8_FOUR * 127, <=, G_MAXINT16);
  g_assert_cmpint ((CNX_INT8_FOUR + 1) * 127, >, G_MAXINT16);
}

/* ---- int8: inputs ---- */

static void
check_group (const float *in, int count, int levels)
{
  guint8 q[CNX_INT8_GROUP];
  float scale, low, least = 0, most = 0;

  cnx_int8_group (in, count, levels, q, &scale, &low);
  for (int k = 0; k < count; k++) {
    least = fminf (least, in[k]);
    most = fmaxf (most, in[k]);
  }
  g_assert_cmpfloat (low, ==, least);
  g_assert_cmpfloat (fabs (low + (double) scale * levels - most), <=, 1e-6 * (most - least));
  for (int k = 0; k < count; k++) {
    g_assert_cmpint (q[k], <=, levels);
    if (most > least && in[k] == least)
      g_assert_cmpint (q[k], ==, 0);
    if (most > least && in[k] == most)
      g_assert_cmpint (q[k], ==, levels);
    g_assert_cmpfloat (fabs (low + (double) scale * q[k] - in[k]), <=, scale * 0.5001);
  }
}

static void
test_group (void)
{
  static const int counts[] = { 1, 2, 40, 255, CNX_INT8_GROUP }, levels[] = { 127, 255 };
  static const float sizes[] = { 1e-30f, 0.01f, 3, 1e30f }, middles[] = { 0, -0.5f, 0.5f, -1, 1, -20, 20 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (88);
  float in[CNX_INT8_GROUP];

  for (guint l = 0; l < G_N_ELEMENTS (levels); l++)
    for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
      for (guint m = 0; m < G_N_ELEMENTS (middles); m++)
        for (int turn = 0; turn < 200; turn++) {
          const float size = sizes[turn % G_N_ELEMENTS (sizes)];
          for (int k = 0; k < counts[i]; k++)
            in[k] = size * (middles[m] + g_rand_double_range (rand, -1, 1));
          check_group (in, counts[i], levels[l]);
        }
}

/* A group of one value throughout: 0 is 0 exactly, anything else an end of a range that begins or ends at 0. */
static void
test_group_constant (void)
{
  static const float values[] = { 0, -0.0f, 1, -1, 1e-20f, -3e20f };
  float in[CNX_INT8_GROUP], scale, low;
  guint8 q[CNX_INT8_GROUP];

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    for (int levels = 127; levels <= 255; levels += 128) {
      for (int k = 0; k < CNX_INT8_GROUP; k++)
        in[k] = values[i];
      check_group (in, CNX_INT8_GROUP, levels);
      cnx_int8_group (in, CNX_INT8_GROUP, levels, q, &scale, &low);
      for (int k = 0; k < CNX_INT8_GROUP; k++)
        g_assert_cmpint (q[k], ==, values[i] > 0 ? levels : 0);
      if (values[i] == 0)
        g_assert_true (scale == 0 && low == 0);
    }
}

/* Broken weights stay seen: the scale makes what comes of them no number. */
static void
test_int8_not_finite (void)
{
  const float broken[] = { NAN, INFINITY, -INFINITY };
  gint8 out[5];
  guint8 inputs[5];
  float scale, low;

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    const float row[] = { 1, -2, broken[i], 0.5f, 3 };
    g_assert_true (isnan (cnx_int8_weight (row, 5, out)));
    cnx_int8_group (row, 5, 255, inputs, &scale, &low);
    g_assert_true (isnan (scale) && isnan (low));
  }
}

int
main (int argc, char **argv)
{
  const Format *const formats[] = { &fp16, &bf16 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/precision/tiny", test_tiny);
  g_test_add_func ("/precision/parse", test_parse);
  g_test_add_func ("/precision/downsamples", test_downsamples);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *trip = g_strdup_printf ("/precision/%s/round-trip", formats[i]->name);
    g_autofree char *ties = g_strdup_printf ("/precision/%s/ties", formats[i]->name);
    g_autofree char *nearest = g_strdup_printf ("/precision/%s/nearest", formats[i]->name);
    g_test_add_data_func (trip, formats[i], test_round_trip);
    g_test_add_data_func (ties, formats[i], test_ties);
    g_test_add_data_func (nearest, formats[i], test_nearest);
  }
  g_test_add_func ("/precision/int8/weight", test_weight);
  g_test_add_func ("/precision/int8/weight-limit", test_weight_limit);
  g_test_add_func ("/precision/int8/group", test_group);
  g_test_add_func ("/precision/int8/group-constant", test_group_constant);
  g_test_add_func ("/precision/int8-not-finite", test_int8_not_finite);
  return g_test_run ();
}
