#define _GNU_SOURCE             /* memfd_create() */
#include "pipelines/tag/read/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "gst-plugin/frame/wholemeta.h"
#include "pipelines/tag/read/frames_private.h"
#include "pipelines/tag/read/wire.h"

/* Where memory cannot be shared, since no file may be so large (ulimit -f), what is in it goes through the socket. */
#define PIECE ((gsize) 32 * 1024)

typedef struct
{
  guint8 *bytes;
  gsize size;
  gboolean is_shared, busy;
} Slot;

struct _CnxFramesOut
{
  int fd;
  gsize most;
  GstCaps *caps;                /* of the frame before */
  Slot slots[CNX_FRAMES_SLOTS];
};

CnxFramesOut *
cnx_frames_out_new (int fd, gsize most)
{
  CnxFramesOut *self = g_new0 (CnxFramesOut, 1);

  self->fd = fd;
  self->most = most;
  return self;
}

void
cnx_frames_out_free (CnxFramesOut * self)
{
  for (guint i = 0; i < CNX_FRAMES_SLOTS; i++)
    if (self->slots[i].bytes)
      munmap (self->slots[i].bytes, self->slots[i].size);
  gst_clear_caps (&self->caps);
  g_free (self);
}

void
cnx_frames_out_release (CnxFramesOut * self, GVariant * body)
{
  guint32 slot;

  g_variant_get (body, "(u)", &slot);
  if (slot < CNX_FRAMES_SLOTS)
    self->slots[slot].busy = FALSE;
}

static gboolean
gone (GError ** error)
{
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "nobody takes frames any more");
  return FALSE;
}

/* A free one; while a file is read nothing but releases comes. */
static gboolean
find_slot (CnxFramesOut * self, guint * slot, GError ** error)
{
  for (;;) {
    for (*slot = 0; *slot < CNX_FRAMES_SLOTS; (*slot)++)
      if (!self->slots[*slot].busy)
        return TRUE;
    CnxWire what;
    int passed;
    g_autoptr (GVariant) body = cnx_wire_receive (self->fd, &what, &passed);
    if (!body || what != CNX_WIRE_RELEASE)
      return gone (error);
    cnx_frames_out_release (self, body);
  }
}

/* Memory that can never shrink under who reads it: its descriptor, or below 0 where files may not be so large. */
static int
share (gsize size)
{
  const int fd = memfd_create ("convnext-frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0 || (ftruncate (fd, size) == 0
          && fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0))
    return fd;
  close (fd);
  return -1;
}

static gboolean
grow (CnxFramesOut * self, guint number, gsize size, GError ** error)
{
  Slot *slot = &self->slots[number];
  const int fd = share (size);
  void *bytes = mmap (NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

  if (bytes == MAP_FAILED) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "there is no memory for a frame of %" G_GSIZE_FORMAT " bytes: %s",
        size, g_strerror (errno));
    if (fd >= 0)
      close (fd);
    return FALSE;
  }
  if (slot->bytes)
    munmap (slot->bytes, slot->size);
  *slot = (Slot) {bytes, size, fd >= 0, FALSE};
  const gboolean sent = cnx_wire_send (self->fd, CNX_WIRE_MEMORY, g_variant_new ("(ut)", number, (guint64) size), fd);
  if (fd >= 0)
    close (fd);
  return sent || gone (error);
}

static gboolean
send_pieces (CnxFramesOut * self, guint number, gsize size, GError ** error)
{
  for (gsize at = 0; at < size; at += PIECE) {
    GVariant *piece = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, self->slots[number].bytes + at,
        MIN (PIECE, size - at), 1);
    if (!cnx_wire_send (self->fd, CNX_WIRE_PIECE, g_variant_new ("(ut@ay)", number, (guint64) at, piece), -1))
      return gone (error);
  }
  return TRUE;
}

/* No more of them than says how pixels lie: what else a film's decoder puts there is for nobody here. */
static gboolean
tell_caps (CnxFramesOut * self, GstCaps * caps, GError ** error)
{
  GstVideoInfo info;

  if (self->caps && gst_caps_is_equal (self->caps, caps))
    return TRUE;
  if (!gst_video_info_from_caps (&info, caps)) {
    g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: nobody knows how its frames lie");
    return FALSE;
  }
  g_autoptr (GstCaps) told = gst_video_info_to_caps (&info);
  g_autofree char *text = gst_caps_to_string (told);
  gst_caps_replace (&self->caps, caps);
  return cnx_wire_send (self->fd, CNX_WIRE_CAPS, g_variant_new ("(s)", text), -1) || gone (error);
}

static GVariant *
describe (GstBuffer * buffer, guint slot, gsize size, const CnxFrameNote * note)
{
  const GstVideoMeta *layout = gst_buffer_get_video_meta (buffer);
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  const CnxWhole whole = cnx_whole_meta_get (buffer);
  g_auto (GVariantBuilder) planes = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ti)"));

  for (guint i = 0; layout && i < layout->n_planes; i++)
    g_variant_builder_add (&planes, "(ti)", (guint64) layout->offset[i], layout->stride[i]);
  return g_variant_new (CNX_WIRE_FRAME_TYPE, slot, (guint64) size, note->time, note->number, (guint32) note->direction,
      (guint32) (GST_BUFFER_FLAGS (buffer) & CNX_FRAMES_FLAGS),
      whole.width, whole.height, whole.x, whole.y, whole.across, whole.down,
      crop ? crop->x : 0, crop ? crop->y : 0, crop ? crop->width : 0, crop ? crop->height : 0,
      layout ? (guint32) layout->format : 0, layout ? layout->width : 0, layout ? layout->height : 0, &planes);
}

gboolean
cnx_frames_out_send (CnxFramesOut * self, GstCaps * caps, GstBuffer * buffer, const CnxFrameNote * note,
    GError ** error)
{
  const gsize size = gst_buffer_get_size (buffer);
  guint slot;

  if (size == 0 || size > self->most) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a frame of %" G_GSIZE_FORMAT " bytes is more than is taken", size);
    return FALSE;
  }
  if (!find_slot (self, &slot, error) || (self->slots[slot].size < size && !grow (self, slot, size, error))
      || !tell_caps (self, caps, error))
    return FALSE;
  gst_buffer_extract (buffer, 0, self->slots[slot].bytes, size);
  if (!self->slots[slot].is_shared && !send_pieces (self, slot, size, error))
    return FALSE;
  self->slots[slot].busy = TRUE;
  return cnx_wire_send (self->fd, CNX_WIRE_FRAME, describe (buffer, slot, size, note), -1) || gone (error);
}
