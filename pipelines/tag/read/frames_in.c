#define _GNU_SOURCE             /* F_GET_SEALS */
#include "pipelines/tag/read/frames.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gst-plugin/frame/layout.h"
#include "gst-plugin/frame/wholemeta.h"
#include "pipelines/tag/read/frames_private.h"
#include "pipelines/tag/read/wire.h"

/* Pixels; what GStreamer calculates with stays far from its limits. */
#define MOST_SIDE (1 << 26)
/* Bytes of text. */
#define MOST_CAPS 4096

typedef struct
{
  guint8 *bytes;
  gsize size;
  gboolean is_ours;             /* filled with pieces */
} Slot;

struct _CnxFramesIn
{
  GstCaps *caps;
  GstVideoInfo info;
  Slot slots[CNX_FRAMES_SLOTS];
};

CnxFramesIn *
cnx_frames_in_new (void)
{
  CnxFramesIn *self = g_new0 (CnxFramesIn, 1);

  gst_video_info_init (&self->info);
  return self;
}

void
cnx_frames_in_free (CnxFramesIn * self)
{
  for (guint i = 0; i < CNX_FRAMES_SLOTS; i++)
    if (self->slots[i].bytes)
      munmap (self->slots[i].bytes, self->slots[i].size);
  gst_clear_caps (&self->caps);
  g_free (self);
}

/* What is not sealed might be cut short while it is read. */
static void *
map (int fd, gsize size)
{
  struct stat status;
  const int seals = fcntl (fd, F_GET_SEALS);    /* below 0 of what cannot be sealed */

  if (size == 0 || fstat (fd, &status) != 0 || (guint64) status.st_size != size || seals < 0
      || !(seals & F_SEAL_SHRINK))
    return NULL;
  void *bytes = mmap (NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  return bytes == MAP_FAILED ? NULL : bytes;
}

static void *
reserve (gsize size)
{
  void *bytes = size ? mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;

  return bytes == MAP_FAILED ? NULL : bytes;
}

gboolean
cnx_frames_in_take_memory (CnxFramesIn * self, GVariant * body, int passed)
{
  guint32 number;
  guint64 size;

  g_variant_get (body, "(ut)", &number, &size);
  const gboolean is_ours = passed < 0;
  void *bytes = number >= CNX_FRAMES_SLOTS ? NULL : is_ours ? reserve (size) : map (passed, size);
  if (passed >= 0)
    close (passed);
  if (!bytes)
    return FALSE;
  Slot *slot = &self->slots[number];
  if (slot->bytes)
    munmap (slot->bytes, slot->size);
  *slot = (Slot) {bytes, size, is_ours};
  return TRUE;
}

gboolean
cnx_frames_in_take_piece (CnxFramesIn * self, GVariant * body)
{
  g_autoptr (GVariant) piece = NULL;
  guint32 number;
  guint64 from;
  gsize n;

  g_variant_get (body, "(ut@ay)", &number, &from, &piece);
  const Slot *slot = number < CNX_FRAMES_SLOTS ? &self->slots[number] : NULL;
  const guint8 *bytes = g_variant_get_fixed_array (piece, &n, 1);
  if (!slot || !slot->is_ours || from > slot->size || n > slot->size - from)
    return FALSE;
  if (n > 0)
    memcpy (slot->bytes + from, bytes, n);
  return TRUE;
}

/* GStreamer's parser calls itself for every list in a list; what is fixed has none. */
gboolean
cnx_frames_in_take_caps (CnxFramesIn * self, GVariant * body)
{
  const char *text;

  g_variant_get (body, "(&s)", &text);
  if (strlen (text) > MOST_CAPS || strpbrk (text, "{<["))
    return FALSE;
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  if (!caps || !gst_caps_is_fixed (caps) || !gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  gst_caps_replace (&self->caps, caps);
  return TRUE;
}

GstCaps *
cnx_frames_in_caps (CnxFramesIn * self)
{
  return self->caps;
}

const GstVideoInfo *
cnx_frames_in_info (CnxFramesIn * self)
{
  return &self->info;
}

/* Whether the frame's rows lie in its memory. */
static gboolean
holds (const GstVideoInfo * info, GstBuffer * buffer)
{
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_READ))
    return FALSE;
  const gboolean held = cnx_layout_holds (&frame, frame.info.width, GST_VIDEO_INFO_FIELD_HEIGHT (&frame.info));
  gst_video_frame_unmap (&frame);
  return held;
}

/* The frame's planes where they are not as the caps have them; FALSE for what cannot be. */
static gboolean
add_layout (CnxFramesIn * self, GstBuffer * buffer, guint format, guint width, guint height, GVariant * planes)
{
  const GstVideoInfo *info = &self->info;
  const gsize n = g_variant_n_children (planes);
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  int strides[GST_VIDEO_MAX_PLANES] = { 0 };

  if (n == 0)
    return TRUE;
  if (format != GST_VIDEO_INFO_FORMAT (info) || n != GST_VIDEO_INFO_N_PLANES (info) || width < (guint) info->width
      || height < (guint) info->height || width > MOST_SIDE || height > MOST_SIDE)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    guint64 offset;
    g_variant_get_child (planes, i, "(ti)", &offset, &strides[i]);
    if (offset >= gst_buffer_get_size (buffer))
      return FALSE;
    offsets[i] = offset;
  }
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, format, width, height, n, offsets, strides);
  return TRUE;
}

GstBuffer *
cnx_frames_in_take (CnxFramesIn * self, GVariant * body, CnxFrameNote * note, guint * slot)
{
  guint32 direction, flags, x, y, across, down, format, width, height;
  g_autoptr (GVariant) planes = NULL;
  CnxWhole whole;
  guint64 size;

  g_variant_get (body, "(utdxuu(iidddd)(uuuu)(uuu@a(ti)))", slot, &size, &note->time, &note->number, &direction, &flags,
      &whole.width, &whole.height, &whole.x, &whole.y, &whole.across, &whole.down, &x, &y, &across, &down, &format,
      &width, &height, &planes);
  if (!self->caps || *slot >= CNX_FRAMES_SLOTS || size == 0 || size > self->slots[*slot].size
      || direction > GST_VIDEO_ORIENTATION_CUSTOM)
    return NULL;
  note->direction = direction;
  g_autoptr (GstBuffer) buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, self->slots[*slot].bytes, size,
      0, size, NULL, NULL);
  GST_BUFFER_FLAG_SET (buffer, flags & CNX_FRAMES_FLAGS);
  if (!add_layout (self, buffer, format, width, height, planes) || !holds (&self->info, buffer))
    return NULL;
  if (whole.width > 0)
    cnx_whole_meta_add (buffer, &whole);
  if (across > 0) {
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
    crop->x = x;
    crop->y = y;
    crop->width = across;
    crop->height = down;
  }
  return g_steal_pointer (&buffer);
}

gboolean
cnx_frames_in_release (int fd, guint slot)
{
  return cnx_wire_send (fd, CNX_WIRE_RELEASE, g_variant_new ("(u)", slot), -1);
}
