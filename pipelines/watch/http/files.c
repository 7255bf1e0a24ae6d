#include "pipelines/watch/http/files.h"

#include <gio/gio.h>

#include "pipelines/watch/watch_http_resource.h"

#define FOLDER "/convnext/watch/"

static const struct
{
  const char *ending, *type;
} types[] = {
  {".html", "text/html; charset=utf-8"},
  {".css", "text/css; charset=utf-8"},
  {".js", "text/javascript; charset=utf-8"},
  {".svg", "image/svg+xml"},
};

CnxFile *
cnx_file_new (const char *name)
{
  g_autofree char *path = g_strconcat (FOLDER, name, NULL);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (cnx_watch_http_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE,
      NULL);

  if (!bytes)
    return NULL;
  CnxFile *file = g_new0 (CnxFile, 1);
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  file->tag = g_strdup_printf ("\"%.16s\"", digest);
  file->bytes = g_steal_pointer (&bytes);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (name, types[i].ending))
      file->type = types[i].type;
  return file;
}

void
cnx_file_free (CnxFile * file)
{
  g_bytes_unref (file->bytes);
  g_free (file->tag);
  g_free (file);
}
