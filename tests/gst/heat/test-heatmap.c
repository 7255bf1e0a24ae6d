/* Where in the frame the first label was seen: of photographs pasted to one side, in the frame's own orientation, as
 * the plain-C reference has it; and when there is a map at all. */
#include "core/heat/heat.h"
#include "core/reference/reference.h"
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/frame/framein.h"
#include "gst-plugin/gstconvnext.h"
#include "opencl/support.h"
#include "tests/gst/elements.h"
#include "tests/gst/photographs.h"
#include "tests/support/temp_files.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

#define RECIPE "size=128,crop-pct=1.0"
#define MAP 4                   /* places in a row of it, and rows */
#define ELEMENT "convnext threshold=0 heatmap=true recipe=\"" RECIPE "\" "
#define SIDE 300

static CnxModel *model;

/* ---- frames ---- */

/* The middle of the photograph @name, @side x @side. */
static GstBuffer *
load_square (const char *name, int side, GstVideoInfo * info)
{
  GstVideoInfo whole;
  GstBuffer *picture = cnx_test_load_rgb (name, &whole);
  const int cut = MIN (whole.width, whole.height);
  const int left = (whole.width - cut) / 2 * 3, top = (whole.height - cut) / 2;
  GstMapInfo from, to;

  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, cut, cut);
  info->fps_n = 25;
  GstBuffer *square = gst_buffer_new_allocate (NULL, info->size, NULL);
  gst_buffer_map (picture, &from, GST_MAP_READ);
  gst_buffer_map (square, &to, GST_MAP_WRITE);
  for (int y = 0; y < cut; y++)
    memcpy (to.data + y * info->stride[0], from.data + (top + y) * whole.stride[0] + left, cut * 3);
  gst_buffer_unmap (picture, &from);
  gst_buffer_unmap (square, &to);
  gst_buffer_unref (picture);
  return cnx_test_convert (square, info, GST_VIDEO_FORMAT_RGB, side, side);
}

/* A photograph, and another whose middle is pasted on it. */
typedef struct
{
  const char *behind, *object, *label;
} Scene;

static const Scene cat = { "china.jpg", "chelsea.png", "cat" }, cup = { "grass.png", "coffee.png", "cup of coffee" };

/* Three fifths as high and wide, at the left or right side of @side x @side pixels. */
static GstBuffer *
paste (const Scene * scene, gboolean right, int side, GstVideoInfo * info)
{
  const int size = side * 3 / 5;
  GstVideoInfo small;
  GstBuffer *object = load_square (scene->object, size, &small), *frame = load_square (scene->behind, side, info);
  GstMapInfo from, to;

  gst_buffer_map (object, &from, GST_MAP_READ);
  gst_buffer_map (frame, &to, GST_MAP_READWRITE);
  for (int y = 0; y < size; y++)
    memcpy (to.data + (y + (side - size) / 2) * info->stride[0] + (right ? (side - size) * 3 : 0),
        from.data + y * small.stride[0], size * 3);
  gst_buffer_unmap (object, &from);
  gst_buffer_unmap (frame, &to);
  gst_buffer_unref (object);
  GST_BUFFER_PTS (frame) = 0;
  return frame;
}

/* A square frame that is upright when it is turned by @method. */
static GstBuffer *
lay (GstBuffer * upright, const GstVideoInfo * info, GstVideoOrientationMethod method)
{
  const CnxDirection direction = cnx_direction_of (method);
  GstBuffer *lying = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstMapInfo from, to;

  gst_buffer_map (upright, &from, GST_MAP_READ);
  gst_buffer_map (lying, &to, GST_MAP_WRITE);
  for (int y = 0; y < info->height; y++)
    for (int x = 0; x < info->width; x++) {
      int column, row;

      cnx_direction_find (&direction, info->width, info->height, x, y, &column, &row);
      memcpy (to.data + row * info->stride[0] + column * 3, from.data + y * info->stride[0] + x * 3, 3);
    }
  gst_buffer_unmap (upright, &from);
  gst_buffer_unmap (lying, &to);
  GST_BUFFER_PTS (lying) = 0;
  gst_buffer_unref (upright);
  return lying;
}

/* ---- answers ---- */

typedef struct
{
  guint n;
  int id;
  char label[64];
  double confidences[2];
  CnxMetaHeat *heat;
} Answer;

static gboolean
keep (const CnxMetaLabels * labels, gpointer user_data)
{
  Answer *answer = user_data;

  answer->n = labels->n;
  answer->id = labels->n ? labels->labels[0].id : -1;
  g_strlcpy (answer->label, labels->n ? labels->labels[0].label : "", sizeof answer->label);
  for (guint i = 0; i < MIN (labels->n, 2); i++)
    answer->confidences[i] = labels->labels[i].confidence;
  answer->heat = labels->heat ? cnx_meta_heat_ref (labels->heat) : NULL;
  return FALSE;
}

static void
answer_clear (Answer * answer)
{
  g_clear_pointer (&answer->heat, cnx_meta_heat_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

/* What rides on @buffer once it has come through; takes it. */
static Answer
push (GstHarness * h, GstBuffer * buffer)
{
  Answer answer = { 0 };
  GstBuffer *out = gst_harness_push_and_pull (h, buffer);

  g_assert_nonnull (out);
  g_assert_cmpuint (cnx_label_meta_foreach (out, keep, &answer), ==, 1);
  gst_buffer_unref (out);
  return answer;
}

static GstHarness *
begin (const char *line, const GstVideoInfo * info)
{
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_src_caps (h, gst_video_info_to_caps (info));
  return h;
}

static Answer
ask (const char *line, GstBuffer * buffer, const GstVideoInfo * info)
{
  GstHarness *h = begin (line, info);
  const Answer answer = push (h, buffer);

  gst_harness_teardown (h);
  return answer;
}

/* How much of a map lies in its first or its last columns, or rows, a half of them. */
static double
half_of (const CnxMetaHeat * heat, gboolean rows, gboolean last)
{
  const int half = (rows ? heat->height : heat->width) / 2;
  double all = 0, part = 0;

  for (int y = 0; y < heat->height; y++)
    for (int x = 0; x < heat->width; x++) {
      const int at = rows ? y : x;

      all += heat->values[y * heat->width + x];
      if (last == (at >= half))
        part += heat->values[y * heat->width + x];
    }
  return part / all;
}

/* The reference's map of what the element sees in @buffer, upright. Free with g_free(). */
static float *
reference_map (GstBuffer * buffer, const GstVideoInfo * info, GstVideoOrientationMethod method, int id)
{
  const CnxRecipe *recipe = cnx_model_recipe (model);
  g_autoptr (CnxFrameIn) in = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree float *tensor = g_new (float, (gsize) recipe->width * recipe->height * 3);
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (info);
  GstVideoInfo as_seen;
  GstVideoFrame frame;

  g_assert_true (gst_video_info_from_caps (&as_seen, caps));
  in = cnx_frame_in_new (&as_seen, recipe, &error);
  g_assert_no_error (error);
  cnx_frame_in_set_direction (in, method);
  g_assert_true (gst_video_frame_map (&frame, &as_seen, buffer, GST_MAP_READ));
  g_assert_true (cnx_frame_in_run (in, &frame, tensor, &error));
  gst_video_frame_unmap (&frame);
  float *map = g_new (float, cnx_heat_places (recipe->height, recipe->width));
  g_assert_true (cnx_reference_heat_in (model, CNX_PRECISION_FP32, 0, tensor, 1, recipe->height, recipe->width, id, map,
          &error));
  return map;
}

static void
assert_is_reference (const Answer * answer, GstBuffer * buffer, const GstVideoInfo * info,
    GstVideoOrientationMethod method)
{
  const CnxDirection direction = cnx_direction_of (method);
  const CnxMetaHeat *heat = answer->heat;
  g_autofree float *map = reference_map (buffer, info, method, answer->id);

  g_assert_cmpint (heat->width, ==, MAP);
  g_assert_cmpint (heat->height, ==, MAP);
  for (int i = 0; i < MAP * MAP; i++) {
    int column, row;

    cnx_direction_find (&direction, MAP, MAP, i % MAP, i / MAP, &column, &row);
    g_assert_cmpfloat_with_epsilon (heat->values[row * MAP + column], map[i], 1e-3);
  }
}

/* ---- where it is ---- */

/* Most of the map lies where the object does, in every precision; in fp32 it is the reference's. The cup leads by so
 * little that another precision may find something else. */
static void
test_sides (void)
{
  static const char *const precisions[] = { "fp32", "auto", "int8" };
  const Scene *const scenes[] = { &cat, &cup };

  for (guint i = 0; i < G_N_ELEMENTS (scenes) * 2 * G_N_ELEMENTS (precisions); i++) {
    const Scene *scene = scenes[i / 2 / G_N_ELEMENTS (precisions)];
    const char *precision = precisions[i % G_N_ELEMENTS (precisions)];
    const gboolean right = i / G_N_ELEMENTS (precisions) % 2, exact = strcmp (precision, "fp32") == 0;
    if (scene == &cup && !exact)
      continue;
    g_autofree char *line = g_strconcat (ELEMENT "mode=every-frame precision=", precision, NULL);
    GstVideoInfo info;
    g_autoptr (GstBuffer) frame = paste (scene, right, SIDE, &info);
    g_auto (Answer) answer = ask (line, gst_buffer_ref (frame), &info);

    g_assert_nonnull (answer.heat);
    const double there = half_of (answer.heat, FALSE, right);
    g_test_message ("%s on the %s in %s: %s, %.3f before %.3f, %.0f %% of the map there", scene->object,
        right ? "right" : "left", precision, answer.label, answer.confidences[0], answer.confidences[1], 100 * there);
    g_assert_cmpstr (answer.label, ==, scene->label);
    g_assert_cmpfloat (there, >, 0.6);
    if (exact)
      assert_is_reference (&answer, frame, &info, GST_VIDEO_ORIENTATION_IDENTITY);
  }
}

/* The map lies as the frame does, however that is turned to be upright. */
static void
test_directions (void)
{
  /* where the left half of the upright frame is in the one that lies: in its rows or columns, the last or first */
  static const struct
  {
    GstVideoOrientationMethod method;
    gboolean rows, last;
  } directions[] = {
    {GST_VIDEO_ORIENTATION_IDENTITY, FALSE, FALSE}, {GST_VIDEO_ORIENTATION_90R, TRUE, TRUE},
    {GST_VIDEO_ORIENTATION_180, FALSE, TRUE}, {GST_VIDEO_ORIENTATION_90L, TRUE, FALSE},
    {GST_VIDEO_ORIENTATION_HORIZ, FALSE, TRUE}, {GST_VIDEO_ORIENTATION_VERT, FALSE, FALSE},
    {GST_VIDEO_ORIENTATION_UL_LR, TRUE, FALSE}, {GST_VIDEO_ORIENTATION_UR_LL, TRUE, TRUE},
  };

  for (guint d = 0; d < G_N_ELEMENTS (directions); d++) {
    GstVideoInfo info;
    g_autoptr (GstBuffer) upright = paste (&cat, FALSE, SIDE, &info);
    g_autoptr (GstBuffer) frame = lay (g_steal_pointer (&upright), &info, directions[d].method);
    g_autofree char *line = g_strdup_printf (ELEMENT "mode=every-frame precision=fp32 video-direction=%d",
        directions[d].method);
    g_auto (Answer) answer = ask (line, gst_buffer_ref (frame), &info);
    const double there = half_of (answer.heat, directions[d].rows, directions[d].last);

    g_test_message ("direction %d: %s, %.0f %% of the map there", directions[d].method, answer.label, 100 * there);
    g_assert_cmpstr (answer.label, ==, cat.label);
    g_assert_cmpfloat (there, >, 0.6);
    assert_is_reference (&answer, frame, &info, directions[d].method);
  }
}

/* An input that is not square, and a frame that lies: the map is as wide as the frame's input is, and what it covers
 * is said in shares of the frame. */
static void
test_region (void)
{
  static const char line[] = "convnext threshold=0 heatmap=true mode=every-frame recipe=\"size=160x96,crop-pct=1.0\" ";
  g_autofree char *turned_line = g_strconcat (line, "video-direction=90r", NULL);
  GstBuffer *wide = cnx_test_frame ("video/x-raw,format=RGB,width=320,height=240", 1, 0);
  GstBuffer *tall = cnx_test_frame ("video/x-raw,format=RGB,width=240,height=320", 1, 0);
  GstVideoInfo info;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 320, 240);
  info.fps_n = 25;
  g_auto (Answer) upright = ask (line, wide, &info);
  g_assert_cmpint (upright.heat->width, ==, 5);
  g_assert_cmpint (upright.heat->height, ==, 3);
  /* 320 x 240 becomes 160 x 120, of which the middle 96 rows are cut */
  g_assert_cmpfloat_with_epsilon (upright.heat->x, 0, 1e-9);
  g_assert_cmpfloat_with_epsilon (upright.heat->w, 1, 1e-9);
  g_assert_cmpfloat_with_epsilon (upright.heat->y, 0.1, 1e-9);
  g_assert_cmpfloat_with_epsilon (upright.heat->h, 0.8, 1e-9);

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 240, 320);
  info.fps_n = 25;
  g_auto (Answer) turned = ask (turned_line, tall, &info);
  g_assert_cmpint (turned.heat->width, ==, 3);
  g_assert_cmpint (turned.heat->height, ==, 5);
  g_assert_cmpfloat_with_epsilon (turned.heat->x, 0.1, 1e-9);
  g_assert_cmpfloat_with_epsilon (turned.heat->w, 0.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (turned.heat->y, 0, 1e-9);
  g_assert_cmpfloat_with_epsilon (turned.heat->h, 1, 1e-9);
}

/* What a crop meta leaves of a frame is what the map is of. */
static void
test_crop (void)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) frame = paste (&cat, TRUE, SIDE, &info);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (frame);

  crop->x = 60;
  crop->y = 0;
  crop->width = SIDE - 60;
  crop->height = SIDE;
  g_auto (Answer) answer = ask (ELEMENT "mode=every-frame precision=fp32", gst_buffer_ref (frame), &info);
  /* 240 x 300 becomes 128 x 160, of which the middle 128 rows are seen */
  g_assert_cmpfloat_with_epsilon (answer.heat->x, 0, 1e-9);
  g_assert_cmpfloat_with_epsilon (answer.heat->w, 1, 1e-9);
  g_assert_cmpfloat_with_epsilon (answer.heat->y, 0.1, 1e-9);
  g_assert_cmpfloat_with_epsilon (answer.heat->h, 0.8, 1e-9);
  assert_is_reference (&answer, frame, &info, GST_VIDEO_ORIENTATION_IDENTITY);
}

/* ---- when there is one ---- */

/* Not without the property, from the next frame on with it, and not without a label. */
static void
test_switch (void)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) frame = paste (&cat, FALSE, SIDE, &info);
  GstHarness *h = begin ("convnext threshold=0 mode=every-frame", &info);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  static const struct
  {
    gboolean heatmap;
    double threshold;
  } steps[] = { {FALSE, 0}, {TRUE, 0}, {TRUE, 1}, {TRUE, 0}, {FALSE, 0} };
  gboolean set = TRUE;

  g_object_get (element, "heatmap", &set, NULL);
  g_assert_false (set);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_object_set (element, "heatmap", steps[i].heatmap, "threshold", steps[i].threshold, NULL);
    g_auto (Answer) answer = push (h, gst_buffer_ref (frame));
    g_assert_cmpint (answer.n > 0, ==, steps[i].threshold == 0);
    g_assert_cmpint (answer.heat != NULL, ==, steps[i].heatmap && steps[i].threshold == 0);
  }
  gst_harness_teardown (h);
}

static void
assert_same (const CnxMetaHeat * a, const CnxMetaHeat * b)
{
  g_assert_true (a && b);
  for (int i = 0; i < a->width * a->height; i++)
    g_assert_cmpfloat_with_epsilon (a->values[i], b->values[i], 1e-5);
}

/* In `latest` the frames after it carry the map with the labels; and a frame that the device resizes gets the same. */
static void
test_ways (void)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) frame = paste (&cup, TRUE, 96, &info);
  g_auto (Answer) waited = ask (ELEMENT "mode=every-frame precision=fp32", gst_buffer_ref (frame), &info);
  GstHarness *h = begin (ELEMENT "mode=latest precision=fp32", &info);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  gst_buffer_unref (gst_harness_push_and_pull (h, gst_buffer_ref (frame)));
  g_assert_nonnull (cnx_classifier_claim (classifier, TRUE));
  cnx_classifier_release (classifier);
  g_auto (Answer) carried = push (h, gst_buffer_ref (frame));
  assert_same (carried.heat, waited.heat);
  gst_harness_teardown (h);

  h = begin (ELEMENT "mode=every-frame precision=fp32", &info);
  g_autoptr (GstElement) packed = gst_harness_find_element (h, "convnext");
  g_assert_true (cnx_classifier_set_takes_frames (gst_convnext_classifier (GST_CONVNEXT (packed)), TRUE, NULL));
  g_auto (Answer) made_there = push (h, gst_buffer_ref (frame));
  g_assert_nonnull (cnx_classifier_plan (gst_convnext_classifier (GST_CONVNEXT (packed))));
  for (int i = 0; i < MAP * MAP; i++)
    g_assert_cmpfloat_with_epsilon (made_there.heat->values[i], waited.heat->values[i], 1e-3);
  gst_harness_teardown (h);
}

/* ---- several at once ---- */

typedef struct
{
  CnxEngine *engine;
  CnxNetworkInput picture;
  float *logits;
} Asker;

static gpointer
ask_engine (gpointer data)
{
  const Asker *asker = data;

  g_assert_true (cnx_engine_forward (asker->engine, &asker->picture, G_USEC_PER_SEC / 10, asker->logits, NULL));
  return NULL;
}

/* Elements that share a network's passes: each gets its own picture's, and who wants none does not disturb them. */
static void
test_batch (void)
{
  enum
  { N = 8 };
  const CnxEngineSettings settings = {.device = "auto",.batch = N,.precision = CNX_PRECISION_FP32 };
  g_autoptr (CnxEngine) engine = cnx_engine_new (&settings, NULL);
  const CnxRecipe *recipe = cnx_model_recipe (cnx_engine_model (engine));
  CnxNetwork *network = cnx_engine_network (engine);
  const gsize picture = (gsize) recipe->width * recipe->height * 3, floats = cnx_network_last_floats (network);
  g_autofree float *in = g_new (float, N * picture), *last = g_new0 (float, N * floats), *alone = g_new (float, floats);
  g_autofree float *logits = g_new (float, N * cnx_network_classes (network));
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  GThread *threads[N];
  Asker askers[N];

  for (gsize i = 0; i < N * picture; i++)
    in[i] = g_rand_double_range (rand, -2, 2);
  for (int round = 0; round < 5 && cnx_engine_largest_pass (engine) < 2; round++) {
    for (int i = 0; i < N; i++) {
      askers[i] = (Asker) { engine, {in + i * picture, NULL, i % 3 == 1 ? NULL : last + i * floats},
        logits + i * cnx_network_classes (network)
      };
      threads[i] = g_thread_new ("ask", ask_engine, &askers[i]);
    }
    for (int i = 0; i < N; i++)
      g_thread_join (threads[i]);
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >, 1);
  for (int i = 0; i < N; i++) {
    const CnxNetworkInput one = {.data = in + i * picture,.last = alone };

    g_assert_true (cnx_engine_forward (engine, &one, 0, logits, NULL));
    for (gsize k = 0; k < floats; k++)
      g_assert_cmpfloat_with_epsilon (last[i * floats + k], i % 3 == 1 ? 0 : alone[k], 1e-4);
  }
}

/* ---- models that give none ---- */

/* Says so once, and labels all the same. */
static void
test_gives_none (void)
{
  g_autofree char *path = cnx_test_data ("relatives/timm_mlp_head");
  g_autofree char *line = g_strdup_printf ("convnext threshold=0 mode=every-frame heatmap=true model=%s", path);
  static const char caps[] = "video/x-raw,format=RGB,width=64,height=48,framerate=25/1";
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  g_autoptr (GstBus) bus = gst_bus_new ();
  guint warnings = 0;

  gst_element_set_bus (h->element, bus);
  gst_harness_set_src_caps_str (h, caps);
  for (int i = 0; i < 3; i++) {
    g_auto (Answer) answer = push (h, cnx_test_frame (caps, i, i));
    g_assert_cmpuint (answer.n, >, 0);
    g_assert_null (answer.heat);
  }
  for (GstMessage * message; (message = gst_bus_pop (bus)); gst_message_unref (message)) {
    g_autoptr (GError) warning = NULL;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING)
      continue;
    gst_message_parse_warning (message, &warning, NULL);
    cnx_test_assert_message (warning, "no heat map", "hidden layer", NULL);
    warnings++;
  }
  g_assert_cmpuint (warnings, ==, 1);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

/* A pass that is not the network's leaves nothing to make a map of: none is made of the pass before. */
static gboolean
forward_nothing (gpointer user_data, const float *in, float *logits, GError ** error)
{
  memset (logits, 0, GPOINTER_TO_UINT (user_data) * sizeof (float));
  return TRUE;
}

static void
test_other_pass (void)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) frame = paste (&cat, FALSE, SIDE, &info);
  GstHarness *h = begin (ELEMENT "mode=every-frame", &info);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  g_auto (Answer) first = push (h, gst_buffer_ref (frame));
  g_assert_nonnull (first.heat);
  cnx_classifier_set_forward (classifier, forward_nothing, GUINT_TO_POINTER (cnx_model_arch (model)->classes));
  g_auto (Answer) second = push (h, gst_buffer_ref (frame));
  g_assert_null (second.heat);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  VIPS_INIT (argv[0]);
  model = cnx_model_open (NULL, NULL, NULL, RECIPE, &error);
  g_assert_no_error (error);
  g_test_add_func ("/heatmap/sides", test_sides);
  g_test_add_func ("/heatmap/directions", test_directions);
  g_test_add_func ("/heatmap/region", test_region);
  g_test_add_func ("/heatmap/crop", test_crop);
  g_test_add_func ("/heatmap/switch", test_switch);
  g_test_add_func ("/heatmap/ways", test_ways);
  g_test_add_func ("/heatmap/batch", test_batch);
  g_test_add_func ("/heatmap/gives-none", test_gives_none);
  g_test_add_func ("/heatmap/other-pass", test_other_pass);
  const int result = g_test_run ();
  cnx_model_unref (model);
  vips_shutdown ();
  return result;
}
