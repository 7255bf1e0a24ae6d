/* labeloverlay's boxes: around the regions that were classified, with their labels, and around no others. */
#include "tests/gst/overlay/drawn.h"

#include <gst/video/video-overlay-composition.h>
#include <math.h>

#define WIDTH 640
#define HEIGHT 480
#define RGB "video/x-raw,format=RGB,width=640,height=480,framerate=25/1"
#define FRAME (40 * GST_MSECOND)

static void
append (GValue * array, GType type, const char *text, double number)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, type);
  if (type == G_TYPE_STRING)
    g_value_set_string (&item, text);
  else
    g_value_set_double (&item, number);
  gst_value_array_append_and_take_value (array, &item);
}

/* A region that a detector took for @class. */
static GstVideoRegionOfInterestMeta *
add_region (GstBuffer * buffer, const char *class, guint x, guint y, guint width, guint height)
{
  return gst_buffer_add_video_region_of_interest_meta (buffer, class, x, y, width, height);
}

/* And that was classified, as @label; NULL: nothing was found. */
static void
classify (GstVideoRegionOfInterestMeta * region, const char *label, double confidence)
{
  GstStructure *found = gst_structure_new_empty ("classification");
  GValue labels = G_VALUE_INIT, confidences = G_VALUE_INIT;

  g_value_init (&labels, GST_TYPE_ARRAY);
  g_value_init (&confidences, GST_TYPE_ARRAY);
  if (label) {
    append (&labels, G_TYPE_STRING, label, 0);
    append (&confidences, G_TYPE_DOUBLE, NULL, confidence);
  }
  gst_structure_take_value (found, "labels", &labels);
  gst_structure_take_value (found, "confidences", &confidences);
  gst_video_region_of_interest_meta_add_param (region, found);
}

/* A frame of one grey, at @time. */
static GstBuffer *
grey (GstClockTime time)
{
  GstBuffer *buffer = cnx_test_frame (RGB, 1, time);

  gst_buffer_memset (buffer, 0, 128, -1);
  return buffer;
}

static GstBuffer *
with_region (GstClockTime time, guint x, guint y, guint width, guint height, const char *label, double confidence)
{
  GstBuffer *buffer = grey (time);

  classify (add_region (buffer, "thing", x, y, width, height), label, confidence);
  return buffer;
}

/* Where @in, which it takes, is drawn on. */
static CnxTestBox
drawn (const char *properties, const char *caps, GstBuffer * in)
{
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
  g_autoptr (GstBuffer) out = cnx_test_draw (properties, caps, in);

  return cnx_test_changes (plain, out, caps);
}

static const guint8 *
pixel (const GstMapInfo * map, int x, int y)
{
  return map->data + 3 * (y * WIDTH + x);
}

/* A line just within the region, in the colour, dark at both sides; inside it the picture. */
static void
test_line (void)
{
  g_autoptr (GstBuffer) out = cnx_test_draw ("colour=0xffff0000 opacity=1", RGB,
      with_region (0, 100, 120, 300, 200, "dog", 0.5));
  GstMapInfo map;

  g_assert_true (gst_buffer_map (out, &map, GST_MAP_READ));
  for (int x = 100; x < 400; x++) {
    g_assert_cmpint (pixel (&map, x, 319)[0], ==, 0);
    g_assert_cmpint (pixel (&map, x, 320)[0], ==, 128);
  }
  for (int x = 101; x < 399; x++) {
    g_assert_cmpint (pixel (&map, x, 318)[0], ==, 255);
    g_assert_cmpint (pixel (&map, x, 318)[1], ==, 0);
    g_assert_cmpint (pixel (&map, x, 121)[0], ==, 255);
  }
  for (int y = 121; y < 319; y++) {
    g_assert_cmpint (pixel (&map, 99, y)[0], ==, 128);
    g_assert_cmpint (pixel (&map, 100, y)[0], ==, 0);
    g_assert_cmpint (pixel (&map, 101, y)[0], ==, 255);
    g_assert_cmpint (pixel (&map, 398, y)[0], ==, 255);
    g_assert_cmpint (pixel (&map, 399, y)[0], ==, 0);
    g_assert_cmpint (pixel (&map, 400, y)[0], ==, 128);
  }
  for (int y = 130; y < 310; y++)
    for (int x = 110; x < 390; x++)
      g_assert_cmpint (pixel (&map, x, y)[1], ==, 128);
  gst_buffer_unmap (out, &map);
}

/* The tag is above the box, within it at the frame's top, and never beyond the frame. */
static void
test_tag (void)
{
  const CnxTestBox box = drawn ("", RGB, with_region (0, 100, 120, 300, 200, "dog", 0.5));
  const CnxTestBox none = drawn ("", RGB, with_region (0, 100, 120, 300, 200, "", 0.5));

  g_assert_cmpint (none.top, <, 120);   /* the confidence */
  g_assert_cmpint (box.left, ==, 100);
  g_assert_cmpint (box.right, ==, 400);
  g_assert_cmpint (box.bottom, ==, 320);
  g_assert_cmpint (box.top, <, 110);
  g_assert_cmpint (box.top, >, 80);
  const CnxTestBox top = drawn ("", RGB, with_region (0, 100, 3, 300, 200, "dog", 0.5));
  g_assert_cmpint (top.top, ==, 3);
  const CnxTestBox corner = drawn ("", RGB, with_region (0, 620, 200, 20, 20, "a longer label", 0.5));
  g_assert_cmpint (corner.right, ==, WIDTH);
  g_assert_cmpint (corner.left, <, 600);
}

/* What a detector alone has marked has no box; what was classified and found to be nothing has its class. */
static void
test_which (void)
{
  GstBuffer *unclassified = grey (0), *copy = NULL;
  g_autoptr (GstBuffer) named = cnx_test_draw ("", RGB, with_region (0, 100, 120, 300, 200, "thing", NAN));
  g_autoptr (GstBuffer) nothing = cnx_test_draw ("", RGB, with_region (0, 100, 120, 300, 200, NULL, 0));
  g_autoptr (GstBuffer) faint =
      cnx_test_draw ("threshold=0.5", RGB, with_region (0, 100, 120, 300, 200, "dog", 0.4));
  g_autoptr (GstBuffer) sure = cnx_test_draw ("threshold=0.5", RGB, with_region (0, 100, 120, 300, 200, "dog", 0.6));
  g_autofree char *of_class = cnx_test_digest (named), *of_nothing = cnx_test_digest (nothing);
  g_autofree char *of_faint = cnx_test_digest (faint), *of_sure = cnx_test_digest (sure);

  add_region (unclassified, "thing", 100, 120, 300, 200);
  copy = gst_buffer_ref (unclassified);
  g_assert_cmpint (drawn ("", RGB, copy).right, ==, 0);
  gst_buffer_unref (unclassified);
  g_assert_cmpstr (of_nothing, ==, of_class);
  g_assert_cmpstr (of_faint, ==, of_class);
  g_assert_cmpstr (of_sure, !=, of_class);
  g_assert_cmpint (drawn ("show-regions=false", RGB, with_region (0, 100, 120, 300, 200, "dog", 0.5)).right, ==, 0);
}

/* A classification that lists regions, which an element has marked in a way that is not read here. */
static void
add_list (GstBuffer * buffer, const CnxMetaRegion * regions, guint n)
{
  const CnxMetaLabels labels = {.model = "model",.stream = "stream",.running_time = 0,.regions = regions,
    .n_regions = n,.width = WIDTH,.height = HEIGHT
  };

  cnx_label_meta_add (buffer, &labels);
}

/* Regions that are only listed look as those that are marked; both at once count once, as they are marked. */
static void
test_listed (void)
{
  const CnxMetaLabel dog = { 1, "dog", 0.5 };
  const CnxMetaRegion regions[] = { {{100, 120, 300, 200}, -1, "thing", 0, 1, &dog},
  {{-20, 300, 60, 400}, 7, "other", GST_CLOCK_TIME_NONE, 0, NULL}, {{5, 5, 0, 10}, -1, "", 0, 0, NULL},
  {{5, 5, 10, -10}, -1, "", 0, 1, &dog}
  };
  GstBuffer *listed = grey (0), *both = with_region (0, 50, 60, 150, 100, "dog", 0.5), *several = grey (0);

  add_list (listed, regions, 1);
  add_list (both, regions, 1);
  add_list (several, regions, G_N_ELEMENTS (regions));
  g_autoptr (GstBuffer) a = cnx_test_draw ("", RGB, listed);
  g_autoptr (GstBuffer) b = cnx_test_draw ("", RGB, with_region (0, 100, 120, 300, 200, "dog", 0.5));
  g_autoptr (GstBuffer) c = cnx_test_draw ("", RGB, both);
  g_autoptr (GstBuffer) d = cnx_test_draw ("", RGB, with_region (0, 50, 60, 150, 100, "dog", 0.5));
  g_autofree char *of_listed = cnx_test_digest (a), *of_marked = cnx_test_digest (b);
  g_autofree char *of_both = cnx_test_digest (c), *of_scaled = cnx_test_digest (d);
  g_assert_cmpstr (of_listed, ==, of_marked);
  g_assert_cmpstr (of_both, ==, of_scaled);
  const CnxTestBox box = drawn ("", RGB, several);
  g_assert_cmpint (box.left, ==, 0);
  g_assert_cmpint (box.bottom, ==, HEIGHT);
  g_assert_cmpint (box.top, >, 80);
}

/* What is listed is drawn where it is, behind a scaler too, which moves what marks it but may not keep its labels. */
static void
test_scaled (void)
{
  const char *small = "video/x-raw,format=RGB,width=320,height=160,framerate=25/1,pixel-aspect-ratio=1/1";
  g_autofree char *line = g_strdup_printf ("videoscale ! capsfilter caps=%s", small);
  const CnxMetaLabel dog = { 1, "dog", 0.5 };
  const CnxMetaRegion region = { {100, 120, 300, 210}, -1, "thing", 0, 1, &dog };
  GstHarness *h = gst_harness_new_parse (line);
  GstBuffer *listed = with_region (0, 100, 120, 300, 210, "dog", 0.5);

  gst_harness_set_src_caps_str (h, RGB);
  add_list (listed, &region, 1);
  g_autoptr (GstBuffer) a = cnx_test_draw ("", small, gst_harness_push_and_pull (h, listed));
  GstBuffer *marked = gst_buffer_make_writable (gst_harness_push_and_pull (h, grey (FRAME)));
  classify (add_region (marked, "thing", 50, 40, 150, 70), "dog", 0.5);
  g_autoptr (GstBuffer) b = cnx_test_draw ("", small, marked);
  g_autofree char *of_listed = cnx_test_digest (a), *of_marked = cnx_test_digest (b);
  g_assert_cmpstr (of_listed, ==, of_marked);
  gst_harness_teardown (h);
}

/* What convnext finds in a region that a detector has marked is drawn where it is, and only there. */
static void
test_by_convnext (void)
{
  GstHarness *h =
      gst_harness_new_parse ("convnext inference-region=roi-list mode=every-frame threshold=0 ! labeloverlay");
  GstBuffer *in = cnx_test_frame (RGB, 1, 0);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);

  add_region (in, "thing", 100, 120, 300, 200);
  gst_harness_set_src_caps_str (h, RGB);
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
  const CnxTestBox box = cnx_test_changes (plain, out, RGB);
  g_assert_cmpint (box.left, ==, 100);
  g_assert_cmpint (box.right, >=, 400);
  g_assert_cmpint (box.bottom, ==, 320);
  g_assert_cmpint (box.top, <, 110);
  gst_harness_teardown (h);
}

/* Structures that hold something else, empty regions, and those that lie outside or everywhere. */
static void
test_anything (void)
{
  const guint places[][4] = { {0, 0, 0, 10}, {10, 10, 10, 0}, {WIDTH, 0, 10, 10}, {0, HEIGHT, 10, 10},
  {G_MAXUINT, G_MAXUINT, 5, 5}, {G_MAXUINT, 0, G_MAXUINT, G_MAXUINT}
  };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    g_assert_cmpint (drawn ("", RGB, with_region (0, places[i][0], places[i][1], places[i][2], places[i][3], "dog",
                0.5)).right, ==, 0);
  g_assert_cmpint (drawn ("", RGB, with_region (0, 10, 10, G_MAXUINT, G_MAXUINT, "dog", 0.5)).right, ==, WIDTH);
  for (guint size = 1; size < 12; size++)
    g_assert_cmpint (drawn ("", RGB, with_region (0, 200, 200, size, size, "", NAN)).right, ==, 200 + size);
  for (guint kind = 0; kind < 3; kind++) {
    GstBuffer *in = grey (0);
    GstVideoRegionOfInterestMeta *region = add_region (in, "thing", 10, 60, 100, 100);
    GValue numbers = G_VALUE_INIT;
    g_value_init (&numbers, GST_TYPE_ARRAY);
    append (&numbers, G_TYPE_DOUBLE, NULL, 0.5);
    GstStructure *odd = kind == 0 ? gst_structure_new_empty ("classification") :
        gst_structure_new ("classification", "labels", G_TYPE_STRING, "dog", NULL);
    if (kind == 2) {
      gst_structure_set_value (odd, "labels", &numbers);
      gst_structure_set_value (odd, "confidences", &numbers);
    }
    g_value_unset (&numbers);
    gst_video_region_of_interest_meta_add_param (region, odd);
    g_assert_cmpint (drawn ("", RGB, in).bottom, ==, 160);
  }
}

static guint
composition_of (GstHarness * h, GstBuffer * in, guint * pictures)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
  GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta (out);

  *pictures = meta ? gst_video_overlay_composition_n_rectangles (meta->overlay) : 0;
  return meta ? gst_video_overlay_composition_get_seqnum (meta->overlay) : 0;
}

/* Painted anew where a region moves or is called otherwise, and not where all stays; gone with the regions. */
static void
test_paints (void)
{
  GstHarness *h = cnx_test_attaching ("", RGB);
  guint n, first = composition_of (h, with_region (0, 100, 120, 300, 200, "dog", 0.501), &n);

  g_assert_cmpuint (n, ==, 5);  /* four sides and a tag */
  g_assert_cmpuint (composition_of (h, with_region (FRAME, 100, 120, 300, 200, "dog", 0.502), &n), ==, first);
  const guint moved = composition_of (h, with_region (2 * FRAME, 101, 120, 300, 200, "dog", 0.502), &n);
  g_assert_cmpuint (moved, !=, first);
  g_assert_cmpuint (composition_of (h, with_region (3 * FRAME, 101, 120, 300, 200, "cat", 0.502), &n), !=, moved);
  g_assert_cmpuint (composition_of (h, grey (4 * FRAME), &n), ==, 0);
  GstBuffer *gap = with_region (5 * FRAME, 101, 120, 300, 200, "cat", 0.502);
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  g_assert_cmpuint (composition_of (h, gap, &n), ==, 0);
  gst_harness_teardown (h);
}

/* Ten thousand of them are drawn in part, each frame. */
static void
test_many (void)
{
  GstHarness *h = cnx_test_attaching ("", RGB);

  for (int frame = 0; frame < 3; frame++) {
    GstBuffer *in = grey (frame * FRAME);
    guint n;
    for (int i = 0; i < 10000; i++)
      classify (add_region (in, "thing", frame + i % 600, i % 400, 20, 20), "dog", 0.5);
    g_assert_cmpuint (composition_of (h, in, &n), !=, 0);
    g_assert_cmpuint (n, ==, 64 * 5);
  }
  gst_harness_teardown (h);
}

/* Boxes lie where the regions do in the whole frame, whatever of it a crop meta leaves. */
static void
test_crop (void)
{
  const char *part = "video/x-raw,format=RGB,width=400,height=300,framerate=25/1";
  GstBuffer *in = with_region (0, 100, 120, 300, 200, "dog", 0.5);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);

  gst_buffer_add_video_meta (in, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (in);
  crop->x = 40;
  crop->y = 60;
  crop->width = 400;
  crop->height = 300;
  g_autoptr (GstBuffer) out = cnx_test_draw ("", part, in);
  const CnxTestBox box = cnx_test_changes (plain, out, RGB);
  g_assert_cmpint (box.left, ==, 100);
  g_assert_cmpint (box.right, ==, 400);
  g_assert_cmpint (box.bottom, ==, 320);
}

/* In a field a region is half as high: it counts the frame's rows. */
static void
test_fields (void)
{
  const char *fields = "video/x-raw(format:Interlaced),format=RGB,width=640,height=480,framerate=25/1,"
      "interlace-mode=alternate", *field = "video/x-raw,format=RGB,width=640,height=240,framerate=25/1";
  GstBuffer *in = cnx_test_frame (field, 1, 0);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);

  classify (add_region (in, "thing", 100, 120, 300, 200), "dog", 0.5);
  g_autoptr (GstBuffer) out = cnx_test_draw ("", fields, in);
  const CnxTestBox box = cnx_test_changes (plain, out, field);
  g_assert_cmpint (box.left, ==, 100);
  g_assert_cmpint (box.right, ==, 400);
  g_assert_cmpint (box.bottom, ==, 160);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/boxes/line", test_line);
  g_test_add_func ("/boxes/tag", test_tag);
  g_test_add_func ("/boxes/which", test_which);
  g_test_add_func ("/boxes/listed", test_listed);
  g_test_add_func ("/boxes/scaled", test_scaled);
  g_test_add_func ("/boxes/by-convnext", test_by_convnext);
  g_test_add_func ("/boxes/anything", test_anything);
  g_test_add_func ("/boxes/paints", test_paints);
  g_test_add_func ("/boxes/many", test_many);
  g_test_add_func ("/boxes/crop", test_crop);
  g_test_add_func ("/boxes/fields", test_fields);
  return g_test_run ();
}
