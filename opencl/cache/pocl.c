#include "opencl/cache/pocl.h"
#include "opencl/cache/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Returns @path where @open takes it and it is ours to write to, or NULL. */
static char *
usable (char *path, int (*open) (const char *, GError **))
{
  g_autofree char *folder = path;
  g_autoptr (GError) error = NULL;
  const int fd = open (folder, &error);

  if (fd < 0) {
    g_debug ("not for PoCL: %s", error->message);
    return NULL;
  }
  const gboolean ok = faccessat (fd, ".", W_OK | X_OK, AT_EACCESS) == 0;
  close (fd);
  return ok ? g_steal_pointer (&folder) : NULL;
}

static char *
find_folder (void)
{
  g_autofree char *cache = usable (cnx_cache_path (), cnx_cache_open_folder);
  g_autofree char *name = g_strdup_printf ("convnext-%u", (guint) geteuid ());
  char *found = cache ? usable (g_build_filename (cache, "pocl", NULL), cnx_cache_open_folder) : NULL;

  /* anybody may have put a link there, and lead it elsewhere when it has been looked at */
  if (!found)
    found = usable (g_build_filename (g_get_tmp_dir (), name, NULL), cnx_cache_open_unlinked);
  return found ? found : g_dir_make_tmp ("convnext-XXXXXX", NULL);
}

void
cnx_cache_set_up_pocl (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  if (!g_getenv ("POCL_CACHE_DIR")) {
    g_autofree char *folder = find_folder ();
    if (folder)
      g_setenv ("POCL_CACHE_DIR", folder, FALSE);
  }
  g_once_init_leave (&done, 1);
}

/* As much as PoCL writes of a program. */
#define ENOUGH (1 << 20)

char *
cnx_cache_pocl_trouble (void)
{
  const char *folder = g_getenv ("POCL_CACHE_DIR");

  if (!folder)
    return NULL;
  g_autofree char *name = g_build_filename (folder, "convnext-XXXXXX", NULL);
  const int fd = g_mkstemp (name);
  int code = fd < 0 ? errno : 0;
  if (fd >= 0) {
    code = posix_fallocate (fd, 0, ENOUGH);
    close (fd);
    g_unlink (name);
  }
  return code == 0 ? NULL : g_strdup_printf ("'%s', where it keeps what it compiles, takes no file: %s", folder,
      g_strerror (code));
}
