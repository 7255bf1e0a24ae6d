/* The shipped model on photographs, through the element: what its card says PyTorch answers, and what the
 * plain-C reference answers on the very same frames, in several formats, sizes and mirrored; and how far the answers
 * of other precisions are from fp32's. */
#include "core/error.h"
#include "core/model/labels.h"
#include "core/reference/reference.h"
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/frame/framein.h"
#include "opencl/support.h"
#include "tests/gst/elements.h"
#include "tests/gst/photographs.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

#define TOP_K 3
#define FP32 "top-k=3 threshold=0 precision=fp32"       /* what the card and the reference answer in */

static CnxModel *model;
static guint classes;

/* ---- frames ---- */

static GstBuffer *
mirror (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstMapInfo from, to;
  GstBuffer *out = gst_buffer_new_allocate (NULL, info->size, NULL);

  gst_buffer_map (buffer, &from, GST_MAP_READ);
  gst_buffer_map (out, &to, GST_MAP_WRITE);
  for (int y = 0; y < info->height; y++)
    for (int x = 0; x < info->width; x++)
      memcpy (to.data + y * info->stride[0] + x * 3,
          from.data + y * info->stride[0] + (info->width - 1 - x) * 3, 3);
  gst_buffer_unmap (buffer, &from);
  gst_buffer_unmap (out, &to);
  gst_buffer_unref (buffer);
  return out;
}

/* ---- answers ---- */

/* What the element says of one frame; takes @buffer. */
static CnxTestAnswer
ask_element (GstBuffer * buffer, const GstVideoInfo * info, const char *properties)
{
  g_autofree char *line = g_strdup_printf ("convnext mode=every-frame %s", properties);
  GstHarness *harness = gst_harness_new_parse (line);
  CnxTestAnswer answer = { 0 };

  gst_harness_set_src_caps (harness, gst_video_info_to_caps (info));
  GstBuffer *out = gst_harness_push_and_pull (harness, buffer);
  g_assert_nonnull (out);
  g_assert_true (cnx_test_only_answer (out, &answer));
  gst_buffer_unref (out);
  gst_harness_teardown (harness);
  return answer;
}

/* The network's input, as the element makes it. Free with g_free(). */
static float *
tensor_of (GstBuffer * buffer, const GstVideoInfo * info)
{
  g_autoptr (GError) error = NULL;
  const CnxRecipe *recipe = cnx_model_recipe (model);
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (info);
  GstVideoInfo as_seen;            /* as the element reads it off the caps, defaults filled in */
  GstVideoFrame frame;

  g_assert_true (gst_video_info_from_caps (&as_seen, caps));
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&as_seen, recipe, &error);
  g_assert_no_error (error);
  float *tensor = g_new (float, (gsize) recipe->width * recipe->height * 3);
  g_assert_true (gst_video_frame_map (&frame, &as_seen, buffer, GST_MAP_READ));
  g_assert_true (cnx_frame_in_run (in, &frame, tensor, NULL));
  gst_video_frame_unmap (&frame);
  return tensor;
}

/* The @k best of what the plain-C reference says of a tensor, to @top; returns how many. */
static guint
reference_top (CnxPrecision precision, int levels, const float *tensor, guint k, CnxLabel * top)
{
  g_autoptr (GError) error = NULL;
  const CnxRecipe *recipe = cnx_model_recipe (model);
  g_autofree float *logits = g_new (float, classes);

  g_assert_true (cnx_reference_forward_in (model, precision, levels, tensor, 1, recipe->height, recipe->width,
          logits, &error));
  return cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, classes, k, 0, top);
}

/* What the plain-C reference says of the same frame. */
static CnxTestAnswer
ask_reference (GstBuffer * buffer, const GstVideoInfo * info)
{
  g_autofree float *tensor = tensor_of (buffer, info);
  CnxLabel top[TOP_K];
  CnxTestAnswer answer = { 0 };

  answer.n = reference_top (CNX_PRECISION_FP32, 0, tensor, TOP_K, top);
  for (guint i = 0; i < answer.n; i++) {
    answer.ids[i] = top[i].id;
    g_strlcpy (answer.labels[i], cnx_model_label (model, top[i].id), sizeof answer.labels[i]);
    answer.confidences[i] = top[i].confidence;
  }
  return answer;
}

static void
assert_same (const CnxTestAnswer * got, const CnxTestAnswer * want)
{
  g_assert_cmpuint (got->n, ==, want->n);
  for (guint i = 0; i < want->n; i++) {
    g_assert_cmpint (got->ids[i], ==, want->ids[i]);
    g_assert_cmpstr (got->labels[i], ==, want->labels[i]);
    g_assert_cmpfloat_with_epsilon (got->confidences[i], want->confidences[i], 1e-4);
  }
}

/* ---- tests ---- */

static void
check_frame (GstBuffer * buffer, const GstVideoInfo * info)
{
  const CnxTestAnswer want = ask_reference (buffer, info);
  const CnxTestAnswer got = ask_element (buffer, info, FP32);

  assert_same (&got, &want);
}

/* A picture of the card: its top label and confidence in RGB, and the reference's answer in every guise. */
static void
test_photograph (gconstpointer data)
{
  JsonObject *entry = (JsonObject *) data;
  const char *name = json_object_get_string_member (entry, "picture");
  JsonObject *top = json_array_get_object_element (json_object_get_array_member (entry, "top3"), 0);
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12 };
  g_autofree char *path = g_build_filename (g_getenv ("CNX_TEST_DATA"), "pictures", name, NULL);
  GstVideoInfo info;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("its licence is not among those that the tests ship");
    return;
  }
  GstBuffer *buffer = cnx_test_load_rgb (name, &info);
  const CnxTestAnswer want = ask_reference (buffer, &info);
  const CnxTestAnswer got = ask_element (buffer, &info, FP32);
  g_test_message ("%s: %s %.4f", name, got.labels[0], got.confidences[0]);
  g_assert_cmpstr (got.labels[0], ==, json_object_get_string_member (top, "label"));
  g_assert_cmpfloat_with_epsilon (got.confidences[0], json_object_get_double_member (top, "confidence"),
      0.02);
  assert_same (&got, &want);

  buffer = mirror (cnx_test_load_rgb (name, &info), &info);
  check_frame (buffer, &info);
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    buffer = cnx_test_load_rgb (name, &info);
    buffer = cnx_test_convert (buffer, &info, formats[f], info.width, info.height);
    check_frame (buffer, &info);
  }
  buffer = cnx_test_convert (cnx_test_load_rgb (name, &info), &info, GST_VIDEO_FORMAT_NV12, 1920, 1080);
  check_frame (buffer, &info);
}

/* Frames that show nothing stay without a label at the threshold that the element has by itself. */
static void
test_nothing (void)
{
  GstVideoInfo info;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 320, 240);
  info.fps_n = 25;
  for (int noise = 0; noise < 2; noise++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
    GstMapInfo map;
    gst_buffer_map (buffer, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++)
      map.data[i] = noise ? g_rand_int_range (rand, 0, 256) : 0;
    gst_buffer_unmap (buffer, &map);
    const CnxTestAnswer answer = ask_element (buffer, &info, "");
    g_assert_cmpuint (answer.n, ==, 0);
  }
}

/* ---- what a precision costs ---- */

/**
 * Cost:
 * @levels: of int8's inputs, in the reference
 * @limit: how far any class's confidence may be from fp32's: half as much again as the most that was seen of the
 *   model's first edition, of these pictures and of a thousand other crops, on the device or in the reference: 0.0004,
 *   0.0073, 0.038 and 0.025; the second moves by less
 */
typedef struct
{
  CnxPrecision precision;
  int levels;
  double limit;
} Cost;

static const Cost costs[] = {
  {CNX_PRECISION_FP16, 0, 0.0006},
  {CNX_PRECISION_BF16, 0, 0.011},
  {CNX_PRECISION_INT8, 127, 0.057},
  {CNX_PRECISION_INT8, 255, 0.037},
};

static const char *const pictures[] = {
  "astronaut.png", "chelsea.png", "china.jpg", "coffee.png", "flower.jpg", "grass.png", "rocket.jpg"
};

#define VARIANTS 8              /* plain and mirrored, in RGB, I420, NV12 and as 1080p NV12 */
#define CROPS 100               /* squares of any place and size in a picture */
#define WHOLE (G_N_ELEMENTS (pictures) * VARIANTS)
#define ALL (WHOLE + G_N_ELEMENTS (pictures) * CROPS)

/* What the network sees of a picture, and what the device says of it in fp32: whole ones first. */
static struct
{
  float *tensor;
  CnxLabel *labels;
} seen[ALL];

static CnxClassifier *
open_classifier (CnxPrecision precision, GError ** error)
{
  const CnxEngineSettings settings = {.model = cnx_model_path (model),.precision = precision };
  g_autoptr (CnxEngine) engine = cnx_engine_new (&settings, error);
  return engine ? cnx_classifier_new (engine, error) : NULL;
}

/* Every class of what a classifier says of a tensor, best first, to @labels. */
static void
ask_classifier (gpointer classifier, const float *tensor, CnxLabel * labels)
{
  const CnxRecipe *recipe = cnx_model_recipe (model);
  const CnxClassifyRequest request = { 0, classes, 0 };
  float *slot = cnx_classifier_claim (classifier, TRUE);

  memcpy (slot, tensor, sizeof (float) * recipe->width * recipe->height * 3);
  g_autoptr (CnxResult) result = cnx_classifier_run (classifier, &request, NULL);
  g_assert_nonnull (result);
  g_assert_cmpuint (result->n, ==, classes);
  memcpy (labels, result->labels, classes * sizeof *labels);
}

static float *
see_variant (guint picture, guint variant)
{
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12,
    GST_VIDEO_FORMAT_NV12
  };
  const guint f = variant % 4;
  GstVideoInfo info;
  GstBuffer *buffer = cnx_test_load_rgb (pictures[picture], &info);

  if (variant >= 4)
    buffer = mirror (buffer, &info);
  if (f > 0)
    buffer = cnx_test_convert (buffer, &info, formats[f], f == 3 ? 1920 : info.width, f == 3 ? 1080 : info.height);
  float *tensor = tensor_of (buffer, &info);
  gst_buffer_unref (buffer);
  return tensor;
}

static float *
see_crop (GstBuffer * buffer, const GstVideoInfo * info, GstVideoCropMeta * crop, GRand * rand)
{
  const int side = MIN (info->width, info->height) * g_rand_double_range (rand, 0.4, 1);

  crop->width = crop->height = side;
  crop->x = g_rand_int_range (rand, 0, info->width - side + 1);
  crop->y = g_rand_int_range (rand, 0, info->height - side + 1);
  return tensor_of (buffer, info);
}

static void
see_all (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  for (guint p = 0; p < G_N_ELEMENTS (pictures); p++)
    for (guint v = 0; v < VARIANTS; v++)
      seen[n++].tensor = see_variant (p, v);
  for (guint p = 0; p < G_N_ELEMENTS (pictures); p++) {
    GstVideoInfo info;
    GstBuffer *buffer = cnx_test_load_rgb (pictures[p], &info);
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
    for (guint c = 0; c < CROPS; c++)
      seen[n++].tensor = see_crop (buffer, &info, crop, rand);
    gst_buffer_unref (buffer);
  }
  g_autoptr (CnxClassifier) fp32 = open_classifier (CNX_PRECISION_FP32, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < ALL; i++) {
    seen[i].labels = g_new (CnxLabel, classes);
    ask_classifier (fp32, seen[i].tensor, seen[i].labels);
  }
}

static void
forget_all (void)
{
  for (guint i = 0; i < ALL; i++) {
    g_free (seen[i].tensor);
    g_free (seen[i].labels);
  }
}

static double
largest_difference (const CnxLabel * labels, const CnxLabel * others)
{
  g_autofree double *confidences = g_new0 (double, classes);
  double largest = 0;

  for (guint c = 0; c < classes; c++)
    confidences[others[c].id] = others[c].confidence;
  for (guint c = 0; c < classes; c++)
    largest = MAX (largest, fabs (labels[c].confidence - confidences[labels[c].id]));
  return largest;
}

/* Pictures, and those of them whose first label is fp32's too. */
typedef struct
{
  guint n, agree;
} Count;

typedef void (*Ask) (gpointer asked, const float *tensor, CnxLabel * labels);

/* The first @n pictures. Where fp32 itself hardly tells two classes apart, the first label may be either; where its
 * first is 0.02 ahead, 99 % must agree, and where it reaches the threshold that the element has by itself, all. */
static void
check_cost (const Cost * cost, guint n, Ask ask, gpointer asked)
{
  g_autofree CnxLabel *labels = g_new (CnxLabel, classes);
  Count all = { 0 }, ahead = { 0 }, sure = { 0 }, whole = { 0 };
  double most = 0;

  if (!seen[0].tensor)
    see_all ();
  for (guint i = 0; i < n; i++) {
    const CnxLabel *exact = seen[i].labels;
    ask (asked, seen[i].tensor, labels);
    const gboolean agree = labels[0].id == exact[0].id;
    Count *const counts[] = { &all, exact[0].confidence - exact[1].confidence >= 0.02 ? &ahead : NULL,
      exact[0].confidence >= 0.5 ? &sure : NULL, i < WHOLE ? &whole : NULL
    };
    for (guint c = 0; c < G_N_ELEMENTS (counts); c++)
      if (counts[c]) {
        counts[c]->n++;
        counts[c]->agree += agree;
      }
    most = MAX (most, largest_difference (labels, exact));
  }
  g_test_message ("first labels that are fp32's: %u of %u, of whole pictures %u of %u; where fp32's is 0.02 ahead: "
      "%u of %u; where it is 0.5 or more: %u of %u; the largest difference of a confidence: %.4f", all.agree, all.n,
      whole.agree, whole.n, ahead.agree, ahead.n, sure.agree, sure.n, most);
  g_assert_cmpuint (ahead.agree * 100, >=, ahead.n * 99);
  g_assert_cmpuint (sure.agree, ==, sure.n);
  g_assert_cmpfloat (most, >, 1e-5);    /* it is another precision that was asked */
  g_assert_cmpfloat (most, <=, cost->limit);
}

static void
test_cost_on_device (gconstpointer data)
{
  const Cost *cost = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxDevice) device = cnx_device_open (NULL, 0, &error);

  g_assert_no_error (error);
  g_autoptr (CnxClassifier) classifier = open_classifier (cost->precision, &error);
  if (!cnx_precision_runs (device, cost->precision)) {
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_test_skip (error->message);
    return;
  }
  g_assert_no_error (error);
  check_cost (cost, ALL, ask_classifier, classifier);
}

static void
ask_arithmetic (gpointer data, const float *tensor, CnxLabel * labels)
{
  const Cost *cost = data;

  g_assert_cmpuint (reference_top (cost->precision, cost->levels, tensor, classes, labels), ==, classes);
}

/* What a precision costs where no device here runs it. */
static void
test_cost_in_reference (gconstpointer data)
{
  check_cost (data, WHOLE, ask_arithmetic, (gpointer) data);
}

static void
add_costs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (costs); i++) {
    const char *name = cnx_precision_name (costs[i].precision);
    g_autofree char *device = g_strdup_printf ("/everyday/cost/device/%s", name);
    g_autofree char *reference = g_strdup_printf ("/everyday/cost/reference/%s-%d", name, costs[i].levels);
    if (i == 0 || costs[i].precision != costs[i - 1].precision)
      g_test_add_data_func (device, &costs[i], test_cost_on_device);
    g_test_add_data_func (reference, &costs[i], test_cost_in_reference);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) card = json_parser_new ();
  g_autofree char *folder = g_build_filename (g_getenv ("CNX_MODELS"), "everyday", NULL);
  g_autofree char *table = g_build_filename (folder, "photographs.json", NULL);

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  VIPS_INIT (argv[0]);
  model = cnx_model_load (folder, &error);
  g_assert_no_error (error);
  classes = cnx_model_arch (model)->classes;
  g_assert_true (json_parser_load_from_file (card, table, NULL));
  JsonArray *entries = json_node_get_array (json_parser_get_root (card));
  for (guint i = 0; i < json_array_get_length (entries); i++) {
    JsonObject *entry = json_array_get_object_element (entries, i);
    g_autofree char *path = g_strconcat ("/everyday/",
        json_object_get_string_member (entry, "picture"), NULL);
    g_test_add_data_func (path, entry, test_photograph);
  }
  g_test_add_func ("/everyday/nothing", test_nothing);
  if (!g_getenv ("CNX_TEST_QUICK"))
    add_costs ();
  const int result = g_test_run ();
  forget_all ();
  cnx_model_unref (model);
  vips_shutdown ();
  return result;
}
