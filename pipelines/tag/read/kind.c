#include "pipelines/tag/read/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/base/gsttypefindhelper.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/picture/picture.h"
#include "pipelines/tag/read/signature.h"

/* Enough for the packets by which MPEG streams are known. */
#define HEAD_BYTES (64 * 1024)

static gssize
read_head (const char *path, guint8 * head, guint64 * file_size, GError ** error)
{
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);   /* it may have become a pipe since */
  gssize size = 0, got = 1;
  struct stat status;

  if (fd >= 0)
    while (size < HEAD_BYTES && (got = read (fd, head + size, HEAD_BYTES - size)) > 0)
      size += got;
  if (fd < 0 || got < 0)
    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (errno), g_strerror (errno));
  const gboolean ok = fd >= 0 && got >= 0;
  *file_size = fd >= 0 && fstat (fd, &status) == 0 ? MAX (size, status.st_size) : size;
  if (fd >= 0)
    close (fd);
  return ok ? size : -1;
}

/* What GStreamer calls a container that may hold video, or a stream of it. */
static gboolean
is_film (const char *name)
{
  static const char *const containers[] = { "application/ogg", "application/mxf", "application/vnd.rn-realmedia",
    "application/x-yuv4mpeg", "application/x-3gp", "multipart/x-mixed-replace"
  };

  for (guint i = 0; i < G_N_ELEMENTS (containers); i++)
    if (strcmp (name, containers[i]) == 0)
      return TRUE;
  return g_str_has_prefix (name, "video/");
}

/* What GStreamer calls a file, and how sure it is. */
typedef struct
{
  const char *name;             /* "" where it does not know; interned */
  GstTypeFindProbability probability;
} Type;

static const char *
extension_of (const char *path)
{
  const char *point = strrchr (path, '.');

  return point && !strchr (point, '/') ? point + 1 : NULL;
}

static Type
find_type (const guint8 * head, gsize size)
{
  Type type = { "" };
  g_autoptr (GstCaps) caps = gst_type_find_helper_for_data (NULL, head, size, &type.probability);

  if (caps && !gst_caps_is_any (caps) && !gst_caps_is_empty (caps))
    type.name = g_intern_string (gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  return type;
}

/* Whether files of that type are called like this one. */
static gboolean
is_called_so (const char *type, const char *path)
{
  const char *extension = extension_of (path);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (type);
  g_autolist (GstTypeFindFactory) all = gst_type_find_factory_get_list ();

  for (GList * item = all; extension && item; item = item->next) {
    const char *const *known = gst_type_find_factory_get_extensions (item->data);
    GstCaps *of = gst_type_find_factory_get_caps (item->data);
    if (!known || !of || !gst_caps_can_intersect (of, caps))
      continue;
    for (; *known; known++)
      if (g_ascii_strcasecmp (*known, extension) == 0)
        return TRUE;
  }
  return FALSE;
}

/* GStreamer takes one name at the fifth byte for QuickTime, and a few bits for a stream of some codecs. */
static gboolean
is_film_indeed (Type type, const guint8 * head, gsize size, guint64 file_size, const char *path)
{
  if (!is_film (type.name) || cnx_signature_is_heif (head, size) || cnx_signature_is_jpeg_xl (head, size))
    return FALSE;
  if (strcmp (type.name, "video/quicktime") == 0)
    return cnx_signature_is_boxes (head, size, file_size);
  return type.probability >= GST_TYPE_FIND_LIKELY || is_called_so (type.name, path);
}

gboolean
cnx_kind_is_promised (const char *name)
{
  /* The last are pictures that libvips is not to read: some of its versions know them, others do not. Not ts and mts,
   * which programs are called as well. */
  static const char *const extensions[] = { "jpg", "jpeg", "jpe", "png", "webp", "gif", "tif", "tiff", "heic", "heif",
    "avif", "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "vob", "m2ts", "3gp", "3g2", "flv", "wmv", "ogv",
    "mxf", "jxl", "jp2", "j2k", "exr", "hdr", "ppm"
  };
  const char *extension = extension_of (name);

  for (guint i = 0; extension && i < G_N_ELEMENTS (extensions); i++)
    if (g_ascii_strcasecmp (extension, extensions[i]) == 0)
      return TRUE;
  return FALSE;
}

/* What says where films are, and holds none; CNX_KIND_OTHER for the rest. */
static CnxKind
kind_elsewhere (Type type)
{
  static const struct
  {
    const char *name;
    CnxKind kind;
  } elsewhere[] = {
    {"application/sdp", CNX_KIND_SESSION}, {"application/x-hls", CNX_KIND_PLAYLIST},
    {"application/dash+xml", CNX_KIND_PLAYLIST}, {"application/vnd.ms-sstr+xml", CNX_KIND_PLAYLIST},
    {"application/smil", CNX_KIND_PLAYLIST}, {"text/uri-list", CNX_KIND_PLAYLIST}
  };

  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    if (strcmp (type.name, elsewhere[i].name) == 0)
      return elsewhere[i].kind;
  return CNX_KIND_OTHER;
}

/* Films are GStreamer's to know; libvips is asked about the rest, which takes it longer. */
gboolean
cnx_kind_find (const char *path, CnxKind * kind, GError ** error)
{
  g_autofree guint8 *head = g_malloc (HEAD_BYTES);
  guint64 file_size = 0;
  const gssize size = read_head (path, head, &file_size, error);

  *kind = size > 0 && cnx_signature_is_raw (head, size, path) ? CNX_KIND_RAW : CNX_KIND_OTHER;
  if (size <= 0 || *kind == CNX_KIND_RAW)
    return size >= 0;
  const Type type = find_type (head, size);
  *kind = kind_elsewhere (type);
  if (*kind != CNX_KIND_OTHER)
    return TRUE;
  if (is_film_indeed (type, head, size, file_size, path))
    *kind = CNX_KIND_FILM;
  else if (!g_str_has_prefix (type.name, "audio/") && cnx_picture_is_one (path))
    *kind = CNX_KIND_PICTURE;
  return TRUE;
}
