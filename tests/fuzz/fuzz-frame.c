/* Frames of any caps, laid out in any way, with any of the metas that the elements look at, to the network's input,
 * they and what regions are marked in them; and labels and boxes painted for such caps. Numbers come out, or an error.
 *
 * A frame's memory is as long as it needs to be and not a byte more: it ends where a page begins that nobody may read,
 * or begins where one ends, so that GStreamer's own code, which no sanitizer has gone through, is seen too. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "gst-plugin/frame/framein.h"
#include "gst-plugin/overlay/boxpaint.h"
#include "gst-plugin/overlay/labelpaint.h"
#include "gst-plugin/frame/wholemeta.h"
#include "gst-plugin/regions/regions.h"

#define ROOM (8 << 20)
#define FRAMES 3
#define REGIONS 3

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

typedef struct
{
  const uint8_t *at;
  size_t left;
} Input;

/* What follows each frame's own byte. */
enum
{
  HAS_CROP = 1,
  HAS_WHOLE = 2,
  HAS_META = 4,
  PACKED = 8,
  WILD = 16,                    /* numbers of any size */
  HAS_REGION = 32,
  HAS_DIRECTION = 64,
  AT_END = 128,
};

static guint8 *room;

static guint32
take (Input * in, int bytes)
{
  guint32 number = 0;

  for (; bytes > 0 && in->left > 0; bytes--, in->left--)
    number = number << 8 | *in->at++;
  return number;
}

/* Often small, and then in the range that matters; else anything, NaN too. */
static double
take_double (Input * in)
{
  const guint8 kind = take (in, 1);

  if (kind < 192)
    return take (in, 2) / 64.0 - (kind & 1);
  union
  {
    guint32 bits;
    float value;
  } any = { take (in, 4) };
  return any.value;
}

static void
start (void)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  guint8 *mapped = mmap (NULL, ROOM + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (mapped != MAP_FAILED);
  g_assert_no_errno (mprotect (mapped, page, PROT_NONE));
  g_assert_no_errno (mprotect (mapped + page + ROOM, page, PROT_NONE));
  room = mapped + page;
  gst_init (NULL, NULL);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  cnx_whole_meta_register ();
}

static gboolean
take_caps (Input * in, GstVideoInfo * info)
{
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);
  const GstVideoFormat format = take (in, 1);
  const GstVideoInterlaceMode interlace = take (in, 1) % 5;
  const int width = 1 + take (in, 2) % 700, height = 1 + take (in, 2) % 500;
  guint i = 0;

  while (i < n && formats[i] != format)
    i++;
  if (i == n || !gst_video_info_set_interlaced_format (info, format, interlace, width, height))
    return FALSE;
  const guint8 what = take (in, 1);
  info->par_n = what & 1 ? (take (in, 4) & G_MAXINT) : 1 + take (in, 1);
  info->par_d = what & 2 ? (take (in, 4) & G_MAXINT) : 1 + take (in, 1);
  info->par_n = MAX (info->par_n, 1);
  info->par_d = MAX (info->par_d, 1);
  info->fps_n = 25;
  info->fps_d = 1;
  if (what & 4) {
    info->colorimetry.range = take (in, 1) % 3;
    info->colorimetry.matrix = take (in, 1) % 7;
    info->colorimetry.transfer = take (in, 1) % 17;
    info->colorimetry.primaries = take (in, 1) % 12;
    info->chroma_site = take (in, 1) % 16;
  }
  return info->size <= ROOM / 4;
}

static CnxRecipe
take_recipe (Input * in)
{
  const guint8 what = take (in, 1);
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = what & 1 ? 64 : 32;
  recipe.height = what & 2 ? 64 : 32;
  recipe.interpolation = what & 4 ? CNX_INTERPOLATION_BICUBIC : CNX_INTERPOLATION_BILINEAR;
  recipe.crop_mode = (what >> 3) % 3;
  recipe.resize = 1 + take (in, 1);
  return recipe;
}

/* Rows that are longer than they need to be, from any byte on, the other way up; and a frame that is larger than the
 * caps say. Returns how many bytes it takes, 0 for none. */
static gsize
take_layout (Input * in, const GstVideoInfo * caps, GstVideoInfo * layout)
{
  const guint8 what = take (in, 1);
  const int width = caps->width + (what & 1 ? take (in, 1) % 40 : 0);
  const int height = caps->height + (what & 2 ? take (in, 1) % 40 : 0);
  gsize end = what & 4 ? take (in, 1) : 0;

  if (!gst_video_info_set_interlaced_format (layout, GST_VIDEO_INFO_FORMAT (caps), caps->interlace_mode, width,
          height))
    return 0;
  const GstVideoFormatInfo *format = layout->finfo;
  const gboolean movable = !GST_VIDEO_FORMAT_INFO_IS_TILED (format) && !GST_VIDEO_FORMAT_INFO_HAS_PALETTE (format);
  for (guint p = 0; p < format->n_planes; p++) {
    int components[GST_VIDEO_MAX_COMPONENTS];
    if (!movable) {
      layout->offset[p] += end;
      continue;
    }
    gst_video_format_info_component (format, p, components);
    const gsize rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, components[0], GST_VIDEO_INFO_FIELD_HEIGHT (layout));
    layout->stride[p] += what & 8 ? take (in, 1) % 70 : 0;
    layout->offset[p] = end;
    end += rows * layout->stride[p];
    if (what & 16) {
      layout->offset[p] = end - layout->stride[p];
      layout->stride[p] = -layout->stride[p];
    }
    end += what & 32 ? take (in, 1) % 9 : 0;
  }
  if (!movable)
    end += layout->size;
  /* what its maker forgot to write */
  return what & 64 ? end - MIN (end - 1, take (in, 2)) : end;
}

static void
add_crop (Input * in, GstBuffer * buffer, int bytes)
{
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->x = take (in, bytes);
  crop->y = take (in, bytes);
  crop->width = take (in, bytes);
  crop->height = take (in, bytes);
}

static GstBuffer *
take_frame (Input * in, const GstVideoInfo * caps, guint8 what)
{
  const int bytes = what & WILD ? 4 : 1;
  gsize size = caps->size;
  GstVideoInfo layout;

  if (what & HAS_META && ((size = take_layout (in, caps, &layout)) == 0 || size > ROOM))
    return NULL;
  guint8 *data = what & AT_END ? room + ROOM - size : room;
  memset (data, take (in, 1), size);
  GstBuffer *buffer = gst_buffer_new_wrapped_full (0, data, size, 0, size, NULL, NULL);
  if (what & HAS_META)
    gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_INFO_FORMAT (caps), layout.width, layout.height,
        GST_VIDEO_INFO_N_PLANES (caps), layout.offset, layout.stride);
  if (what & HAS_CROP)
    add_crop (in, buffer, bytes + (bytes == 1 && caps->width > 255));
  if (what & HAS_WHOLE) {
    const CnxWhole whole = { take (in, bytes), take (in, bytes), take_double (in), take_double (in), take_double (in),
      take_double (in)
    };
    cnx_whole_meta_add (buffer, &whole);
  }
  for (guint n = what & HAS_REGION ? 1 + take (in, 1) % REGIONS : 0; n > 0; n--)
    gst_buffer_add_video_region_of_interest_meta (buffer, "thing", take (in, bytes), take (in, bytes),
        take (in, bytes), take (in, bytes));
  return buffer;
}

static void
read_frame (CnxFrameIn * frame_in, GstBuffer * buffer, const GstVideoInfo * caps, const CnxRecipe * recipe,
    gboolean packed)
{
  const gsize values = (gsize) recipe->width * recipe->height * 3;
  g_autofree float *out = g_new (float, values);
  g_autoptr (GError) error = NULL;
  CnxFramePlan *plan = NULL;
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, caps, buffer, GST_MAP_READ))
    return;
  const gboolean read = packed ? cnx_frame_in_pack (frame_in, &frame, out, &plan, &error) :
      cnx_frame_in_run (frame_in, &frame, out, &error);
  gst_video_frame_unmap (&frame);
  g_assert_true (read ? error == NULL : error != NULL && error->domain == CNX_ERROR);
  for (gsize i = 0; read && !plan && i < values; i++)
    g_assert_true (isfinite (out[i]));
}

/* What is collected can be read, wherever the frame can: it is within its picture. */
static void
read_regions (CnxFrameIn * frame_in, GstBuffer * buffer, const GstVideoInfo * caps, const CnxRecipe * recipe)
{
  const gsize values = (gsize) recipe->width * recipe->height * 3;
  const CnxRegionRule rule = { NULL, 0, REGIONS };
  g_autoptr (GArray) found = cnx_regions_collect (buffer, caps, &rule);
  g_autofree float *out = g_new (float, values * (found->len + 1));
  GstVideoRectangle boxes[REGIONS];
  GstVideoFrame frame;

  if (found->len == 0 || !gst_video_frame_map (&frame, caps, buffer, GST_MAP_READ))
    return;
  for (guint i = 0; i < found->len; i++)
    boxes[i] = g_array_index (found, CnxMarkedRegion, i).region.box;
  if (cnx_frame_in_run (frame_in, &frame, out, NULL)) {
    g_assert_true (cnx_frame_in_run_regions (frame_in, &frame, boxes, found->len, out, NULL));
    for (gsize i = 0; i < values * found->len; i++)
      g_assert_true (isfinite (out[i]));
  }
  gst_video_frame_unmap (&frame);
}

static void
paint_boxes (Input * in, const GstVideoInfo * caps, const CnxLooks * looks)
{
  g_autoptr (GPtrArray) pictures =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_video_overlay_rectangle_unref);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  gboolean legible;

  for (guint n = take (in, 1) % (REGIONS + 1); n > 0; n--) {
    const int bytes = 1 + take (in, 1) % 4;
    GstVideoRegionOfInterestMeta *roi = gst_buffer_add_video_region_of_interest_meta (buffer, "thing",
        take (in, bytes), take (in, bytes), take (in, bytes), take (in, bytes));
    gst_video_region_of_interest_meta_add_param (roi, gst_structure_new_empty ("classification"));
  }
  g_autoptr (GArray) boxes = cnx_boxes_read (buffer, caps, looks, 1 + take (in, 1) % 2, FALSE);
  cnx_paint_boxes (boxes, caps, looks, pictures, &legible);
  for (guint i = 0; i < pictures->len; i++) {
    int x, y;
    guint width, height;
    gst_video_overlay_rectangle_get_render_rectangle (g_ptr_array_index (pictures, i), &x, &y, &width, &height);
    g_assert_true (x >= 0 && y >= 0 && x + (int) width <= caps->width && y + (int) height <= caps->height);
  }
}

static void
paint_labels (Input * in, const GstVideoInfo * caps)
{
  const double text_height = 1 + take (in, 1) % 50;
  const guint place = take (in, 1);
  const CnxLooks looks = {.text_height = text_height,.opacity = 0.5,.colour = 0xffffffff,.background = 0xff000000,
    .position = place % 4,.style = place / 4 % 2
  };
  const CnxPanelRow row = {.kind = CNX_ROW_LABEL,.text = (char *) "a label",.figure = (char *) "50 %",.height = 1,
    .presence = 1,.bar = 0.5,.track = 1
  };
  GArray *panel = cnx_panel_new ();
  gboolean legible;

  cnx_panel_append (panel, &row);
  GstVideoOverlayRectangle *painted = cnx_paint_panel (panel, caps, &looks, &legible);
  if (painted)
    gst_video_overlay_rectangle_unref (painted);
  g_array_unref (panel);
  paint_boxes (in, caps, &looks);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  Input in = { data, size };
  g_autoptr (GError) error = NULL;
  GstVideoInfo caps;

  if (!room)
    start ();
  if (!take_caps (&in, &caps))
    return 0;
  const CnxRecipe recipe = take_recipe (&in);
  g_autoptr (CnxFrameIn) frame_in = cnx_frame_in_new (&caps, &recipe, &error);
  if (!frame_in) {
    g_assert_true (error && error->domain == CNX_ERROR);
    return 0;
  }
  for (int i = 0; i < FRAMES && in.left > 0; i++) {
    const guint8 what = take (&in, 1);
    g_autoptr (GstBuffer) buffer = take_frame (&in, &caps, what);
    if (!buffer)
      return 0;
    if (what & HAS_DIRECTION)
      cnx_frame_in_set_direction (frame_in, take (&in, 1) % 10);
    read_frame (frame_in, buffer, &caps, &recipe, what & PACKED);
    read_regions (frame_in, buffer, &caps, &recipe);
  }
  if (in.left > 0 && take (&in, 1) % 16 == 1)
    paint_labels (&in, &caps);
  return 0;
}
