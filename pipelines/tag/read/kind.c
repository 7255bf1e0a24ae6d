#include "pipelines/tag/read/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/base/gsttypefindhelper.h>
#include <string.h>
#include <unistd.h>

#include "core/picture/picture.h"

/* Enough for the packets by which MPEG streams are known. */
#define HEAD_BYTES (64 * 1024)

static gssize
read_head (const char *path, guint8 * head, GError ** error)
{
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);   /* it may have become a pipe since */
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
is_film (const char *name)
{
  static const char *const containers[] = { "application/ogg", "application/mxf", "application/vnd.rn-realmedia",
    "application/x-yuv4mpeg", "multipart/x-mixed-replace"
  };

  for (guint i = 0; i < G_N_ELEMENTS (containers); i++)
    if (strcmp (name, containers[i]) == 0)
      return TRUE;
  return g_str_has_prefix (name, "video/");
}

/* HEIF and AVIF are QuickTime files, which GStreamer may not tell from films. */
static gboolean
is_heif (const guint8 * head, gsize size)
{
  static const char *const brands[] = { "heic", "heix", "heim", "heis", "mif1", "avif" };

  for (guint i = 0; size >= 12 && memcmp (head + 4, "ftyp", 4) == 0 && i < G_N_ELEMENTS (brands); i++)
    if (memcmp (head + 8, brands[i], 4) == 0)
      return TRUE;
  return FALSE;
}

/* What GStreamer calls it, or "" where it does not know; interned. */
static const char *
find_type (const char *path, const guint8 * head, gsize size)
{
  const char *dot = strrchr (path, '.');
  const char *extension = dot && !strchr (dot, '/') ? dot + 1 : NULL;
  g_autoptr (GstCaps) caps = gst_type_find_helper_for_data_with_extension (NULL, head, size, extension, NULL);

  if (!caps || gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return "";
  return g_intern_string (gst_structure_get_name (gst_caps_get_structure (caps, 0)));
}

/* Films are GStreamer's to know; libvips is asked about the rest, which takes it longer. */
gboolean
cnx_kind_find (const char *path, CnxKind * kind, GError ** error)
{
  g_autofree guint8 *head = g_malloc (HEAD_BYTES);
  const gssize size = read_head (path, head, error);

  *kind = CNX_KIND_OTHER;
  if (size <= 0)
    return size == 0;
  const char *type = find_type (path, head, size);
  if (is_film (type) && !is_heif (head, size))
    *kind = CNX_KIND_FILM;
  else if (!g_str_has_prefix (type, "audio/") && cnx_picture_is_one (path))
    *kind = CNX_KIND_PICTURE;
  return TRUE;
}
