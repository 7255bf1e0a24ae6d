#include "pipelines/watch/clips/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

/* An unfinished clip's name is its own with a dot before it, and this behind it. */
#define PART ".part"

#define LONGEST_LABEL 80        /* bytes, in a name */
#define MOST_OF_A_NAME 100      /* clips of the same camera, second and label */

/* The stamp's pattern: 'd' is a digit. */
#define STAMP "-ddddddddTddddddZ-"

struct _CnxClipFolder
{
  char *path;
  guint64 limit;                /* 0: none */
  GMutex lock;                  /* of what follows, and of what is deleted */
  guint64 finished, reserved;   /* bytes of the clips that are kept, and for those that are written */
};

struct _CnxClipFile
{
  CnxClipFolder *folder;
  char *part, *path;
  int fd;
  guint64 reserved;
};

/* A clip that is kept. */
typedef struct
{
  char *name;
  guint64 size;
} Kept;

/* ---- names ---- */

/* "_" for whatever a shell, another system's file names or a page might stumble over. */
static char *
plain_label (const char *label)
{
  g_autofree char *valid = g_utf8_make_valid (label, -1);
  GString *plain = g_string_new (NULL);
  gboolean gap = FALSE;

  for (const char *c = valid; *c; c = g_utf8_next_char (c)) {
    const gunichar u = g_utf8_get_char (c);
    if (!g_unichar_isalnum (u) && u != '-') {
      gap = TRUE;
      continue;
    }
    if (plain->len + 1 + g_unichar_to_utf8 (u, NULL) > LONGEST_LABEL)
      break;
    if (gap && plain->len > 0)
      g_string_append_c (plain, '_');
    gap = FALSE;
    g_string_append_unichar (plain, u);
  }
  if (plain->len == 0)
    g_string_append (plain, "label");
  return g_string_free (plain, FALSE);
}

char *
cnx_clip_name (const char *camera, gint64 real_time, const char *label)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (real_time / G_USEC_PER_SEC);
  g_autofree char *stamp = time ? g_date_time_format (time, "%Y%m%dT%H%M%SZ") : g_strdup ("00000000T000000Z");
  g_autofree char *plain = plain_label (label);

  return g_strdup_printf ("%s-%s-%s", camera, stamp, plain);
}

static gboolean
is_stamp (const char *text)
{
  for (const char *p = STAMP; *p; p++, text++)
    if (*p == 'd' ? !g_ascii_isdigit (*text) : *text != *p)
      return FALSE;
  return TRUE;
}

/* Where in @name its time is, with what is before and behind it; NULL: it is none of ours. */
static const char *
find_stamp (const char *name)
{
  if (name[0] == '.' || !g_str_has_suffix (name, CNX_CLIP_ENDING))
    return NULL;
  for (const char *c = strchr (name, '-'); c; c = strchr (c + 1, '-'))
    if (c > name && is_stamp (c) && strlen (c) > strlen (STAMP) + strlen (CNX_CLIP_ENDING))
      return c;
  return NULL;
}

gboolean
cnx_clip_name_is_ours (const char *name)
{
  return find_stamp (name) != NULL;
}

/* ---- what is in it ---- */

static void
kept_free (gpointer data)
{
  g_free (((Kept *) data)->name);
  g_free (data);
}

/* The oldest first, by the times in their names. */
static int
compare (gconstpointer a, gconstpointer b)
{
  const Kept *one = *(Kept * const *) a, *other = *(Kept * const *) b;
  const int order = strncmp (find_stamp (one->name), find_stamp (other->name), strlen (STAMP));

  return order != 0 ? order : strcmp (one->name, other->name);
}

/* Looks at the folder anew: Kept. */
static GPtrArray *
list (CnxClipFolder * folder)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (kept_free);
  g_autoptr (GDir) dir = g_dir_open (folder->path, 0, NULL);
  const char *name;

  folder->finished = 0;
  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder->path, name, NULL);
    struct stat info;
    if (!cnx_clip_name_is_ours (name) || lstat (path, &info) != 0 || !S_ISREG (info.st_mode))
      continue;
    Kept *kept = g_new0 (Kept, 1);
    kept->name = g_strdup (name);
    kept->size = info.st_size;
    folder->finished += kept->size;
    g_ptr_array_add (all, kept);
  }
  g_ptr_array_sort (all, compare);
  return all;
}

static gboolean
fits (const CnxClipFolder * folder, guint64 bytes)
{
  return folder->limit == 0 || folder->finished + folder->reserved + bytes <= folder->limit;
}

/* What alone is too much takes nothing with it. */
static void
make_room (CnxClipFolder * folder, guint64 bytes)
{
  g_autoptr (GPtrArray) all = list (folder);

  if (folder->reserved + bytes > folder->limit)
    return;
  for (guint i = 0; i < all->len && !fits (folder, bytes); i++) {
    const Kept *kept = g_ptr_array_index (all, i);
    g_autofree char *path = g_build_filename (folder->path, kept->name, NULL);
    if (unlink (path) == 0 || errno == ENOENT)
      folder->finished -= kept->size;
  }
}

/* Whether @name is of a clip that nobody finished. */
static gboolean
is_part (const char *name)
{
  if (name[0] != '.' || !g_str_has_suffix (name, PART))
    return FALSE;
  g_autofree char *own = g_strndup (name + 1, strlen (name) - 1 - strlen (PART));
  return cnx_clip_name_is_ours (own);
}

/* Who still writes to one has it locked: another process may have the same folder. */
static void
remove_parts (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    if (!is_part (name))
      continue;
    g_autofree char *path = g_build_filename (folder, name, NULL);
    const int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
      continue;
    if (flock (fd, LOCK_EX | LOCK_NB) == 0)
      unlink (path);
    close (fd);
  }
}

CnxClipFolder *
cnx_clip_folder_new (const char *path, guint64 limit, GError ** error)
{
  if (g_mkdir_with_parents (path, 0755) != 0 || access (path, W_OK | X_OK) != 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s: no folder that clips could be written to: %s", path,
        g_strerror (errno));
    return NULL;
  }
  CnxClipFolder *folder = g_atomic_rc_box_new0 (CnxClipFolder);
  folder->path = g_strdup (path);
  folder->limit = limit;
  g_mutex_init (&folder->lock);
  remove_parts (path);
  g_ptr_array_unref (list (folder));
  return folder;
}

CnxClipFolder *
cnx_clip_folder_ref (CnxClipFolder * folder)
{
  return g_atomic_rc_box_acquire (folder);
}

static void
clear (gpointer data)
{
  CnxClipFolder *folder = data;

  g_mutex_clear (&folder->lock);
  g_free (folder->path);
}

void
cnx_clip_folder_unref (CnxClipFolder * folder)
{
  g_atomic_rc_box_release_full (folder, clear);
}

/* ---- a file ---- */

static gboolean
refuse (GError ** error, const char *path)
{
  const int why = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (why), "%s: %s", path, g_strerror (why));
  return FALSE;
}

/* Whether @name was free: then it is @file's, in its temporary form. FALSE without EEXIST: it cannot be. */
static gboolean
try_name (CnxClipFile * file, const char *name)
{
  g_autofree char *part_name = g_strconcat (".", name, CNX_CLIP_ENDING, PART, NULL);
  g_autofree char *own_name = g_strconcat (name, CNX_CLIP_ENDING, NULL);
  struct stat info;

  g_free (file->part);
  g_free (file->path);
  file->part = g_build_filename (file->folder->path, part_name, NULL);
  file->path = g_build_filename (file->folder->path, own_name, NULL);
  errno = EEXIST;
  if (lstat (file->path, &info) == 0)
    return FALSE;
  file->fd = open (file->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  return file->fd >= 0;
}

static void
file_free (CnxClipFile * file)
{
  g_mutex_lock (&file->folder->lock);
  file->folder->reserved -= file->reserved;
  g_mutex_unlock (&file->folder->lock);
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->part);
  g_free (file->path);
  cnx_clip_folder_unref (file->folder);
  g_free (file);
}

CnxClipFile *
cnx_clip_file_new (CnxClipFolder * folder, const char *name, GError ** error)
{
  CnxClipFile *file = g_new0 (CnxClipFile, 1);
  gboolean found;

  file->folder = cnx_clip_folder_ref (folder);
  file->fd = -1;
  found = try_name (file, name);
  for (int i = 2; !found && errno == EEXIST && i <= MOST_OF_A_NAME; i++) {
    g_autofree char *numbered = g_strdup_printf ("%s-%d", name, i);
    found = try_name (file, numbered);
  }
  if (!found) {
    refuse (error, file->part);
    file_free (file);
    return NULL;
  }
  flock (file->fd, LOCK_EX | LOCK_NB);
  return file;
}

int
cnx_clip_file_fd (const CnxClipFile * file)
{
  return file->fd;
}

gboolean
cnx_clip_file_reserve (CnxClipFile * file, guint64 bytes)
{
  CnxClipFolder *folder = file->folder;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&folder->lock);

  if (!fits (folder, bytes))
    make_room (folder, bytes);
  if (!fits (folder, bytes))
    return FALSE;
  folder->reserved += bytes;
  file->reserved += bytes;
  return TRUE;
}

gboolean
cnx_clip_file_keep (CnxClipFile * file, GError ** error)
{
  struct stat info;

  if (fsync (file->fd) != 0 || fstat (file->fd, &info) != 0 || rename (file->part, file->path) != 0) {
    refuse (error, file->path);
    cnx_clip_file_drop (file);
    return FALSE;
  }
  g_mutex_lock (&file->folder->lock);
  file->folder->finished += info.st_size;
  g_mutex_unlock (&file->folder->lock);
  file_free (file);
  return TRUE;
}

void
cnx_clip_file_drop (CnxClipFile * file)
{
  unlink (file->part);
  file_free (file);
}
