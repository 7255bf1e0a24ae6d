#include "pipelines/tag/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/base/gsttypefindhelper.h>
#include <string.h>
#include <unistd.h>

#include "core/picture.h"

/* Enough for the packets by which MPEG streams are known. */
#define HEAD_BYTES (64 * 1024)

static gssize
read_head (const char *path, guint8 * head, GError ** error)
{
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gssize size = 0, got = 1;

  if (fd >= 0)
    while (size < HEAD_BYTES && (got = read (fd, head + size, HEAD_BYTES - size)) > 0)
      size += got;
  if (fd < 0 || got < 0)
    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (errno), g_strerror (errno));
  const gboolean ok = fd >= 0 && got >= 0;
  if (fd >= 0)
    close (fd);
  return ok ? size : -1;
}

/* What GStreamer calls a container that may hold video, or a stream of it. */
static gboolean
is_film (const GstCaps * caps)
{
  static const char *const containers[] = { "application/ogg", "application/mxf", "application/vnd.rn-realmedia",
    "application/x-yuv4mpeg", "multipart/x-mixed-replace"
  };
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  for (guint i = 0; i < G_N_ELEMENTS (containers); i++)
    if (strcmp (name, containers[i]) == 0)
      return TRUE;
  return g_str_has_prefix (name, "video/");
}

gboolean
cnx_kind_find (const char *path, CnxKind * kind, GError ** error)
{
  g_autofree guint8 *head = g_malloc (HEAD_BYTES);
  const gssize size = read_head (path, head, error);
  const char *dot = strrchr (path, '.');

  *kind = CNX_KIND_OTHER;
  if (size < 0)
    return FALSE;
  if (size == 0)
    return TRUE;
  if (cnx_picture_is_one (path)) {
    *kind = CNX_KIND_PICTURE;
    return TRUE;
  }
  g_autoptr (GstCaps) caps = gst_type_find_helper_for_data_with_extension (NULL, head, size,
      dot && !strchr (dot, '/') ? dot + 1 : NULL, NULL);
  if (caps && !gst_caps_is_any (caps) && is_film (caps))
    *kind = CNX_KIND_FILM;
  return TRUE;
}
