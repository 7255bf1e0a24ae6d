#include "core/input/file_stamp.h"

#include <string.h>
#include <sys/stat.h>

void
cnx_file_stamp (GString * to, const char *path)
{
  struct stat now;

  if (stat (path, &now) != 0) {
    g_string_append_printf (to, "%s: none\n", path);
    return;
  }
  g_string_append_printf (to, "%s: %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
      ".%09ld\n", path, (guint64) now.st_dev, (guint64) now.st_ino, (gint64) now.st_size, (gint64) now.st_mtim.tv_sec,
      now.st_mtim.tv_nsec);
}

static gboolean
ends_in_one_of (const char *name, const char *const *endings)
{
  for (; *endings; endings++)
    if (g_str_has_suffix (name, *endings))
      return TRUE;
  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
cnx_folder_stamp (GString * to, const char *folder, const char *const *endings)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (ends_in_one_of (name, endings))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL);
    cnx_file_stamp (to, path);
  }
}
