#define _GNU_SOURCE             /* FNM_CASEFOLD */
#include "pipelines/tag/inputs.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/input/read_all.h"

/* A name longer than any system's, in a list that is no list. */
#define MOST_NAME (64 * 1024)

typedef struct
{
  const CnxInputOptions *options;
  CnxInputComplaint complain;
  gpointer data;
  GPtrArray *inputs;
  GHashTable *seen;             /* "device inode" to the one of the inputs */
} Lister;

static void
input_free (gpointer data)
{
  CnxInput *input = data;

  g_free (input->path);
  g_free (input->name);
  g_free (input->output_dir);
  g_free (input->top);
  g_free (input);
}

static void
complain_text (Lister * lister, const char *path, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (CNX_ERROR, CNX_ERROR_INPUT, text);

  lister->complain (lister->data, path, error);
}

static void
complain_errno (Lister * lister, const char *path, int number)
{
  g_autoptr (GError) error = g_error_new (G_FILE_ERROR, g_file_error_from_errno (number), "%s", g_strerror (number));

  lister->complain (lister->data, path, error);
}

/* ---- globs ---- */

/* What a walk comes upon. */
typedef struct
{
  const char *path, *top, *name;
  const char *below;            /* @top: the path there */
  gboolean is_folder;
} Meeting;

/* A slash at the end asks for a folder; one at the beginning counts from the folder given, or from the root. */
static gboolean
matches_one (const char *glob, const Meeting * met)
{
  const char *slash = strchr (glob, '/');
  gsize length = strlen (glob);

  while (length > 1 && glob[length - 1] == '/')
    length--;
  if (glob[length] && !met->is_folder)
    return FALSE;
  g_autofree char *bare = g_strndup (glob, length);
  if (!slash || slash == glob + length)
    return fnmatch (bare, met->name, FNM_CASEFOLD) == 0;
  const char *from = *bare == '/' ? bare + 1 : g_str_has_prefix (bare, "./") ? bare + 2 : bare;
  if (fnmatch (from, met->below, FNM_CASEFOLD | FNM_PATHNAME) == 0)
    return TRUE;
  g_autofree char *whole = *bare == '/' ? g_canonicalize_filename (met->path, NULL) : NULL;
  return whole && fnmatch (bare, whole, FNM_CASEFOLD | FNM_PATHNAME) == 0;
}

static gboolean
matches (char **globs, const Meeting * met)
{
  for (guint i = 0; globs && globs[i]; i++)
    if (matches_one (globs[i], met))
      return TRUE;
  return FALSE;
}

/* ---- listing ---- */

/* Lists @input, which is taken, unless its file was listed under this name or another. Of its names the one that is no
 * link stays: what is written beside it is found again when the link has gone. */
static void
add_once (Lister * lister, CnxInput * input, const struct stat *status)
{
  g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, (guint64) status->st_dev,
      (guint64) status->st_ino);
  CnxInput *before = g_hash_table_lookup (lister->seen, key);

  if (before && (input->is_link || !before->is_link)) {
    input_free (input);
    return;
  }
  if (before) {
    input->named |= before->named;
    g_ptr_array_remove (lister->inputs, before);
  }
  g_ptr_array_add (lister->inputs, input);
  g_hash_table_insert (lister->seen, g_steal_pointer (&key), input);
}

/* @below: the path below the folder given, @top, without the name; "" for none. @status: of the file, not of a link. */
static void
add_file (Lister * lister, const char *path, const char *top, const char *below, const struct stat *status,
    gboolean named)
{
  const char *output = lister->options->output;
  CnxInput *input = g_new0 (CnxInput, 1);

  input->path = g_strdup (path);
  input->name = g_path_get_basename (path);
  input->output_dir = output ? g_build_filename (output, below, NULL) : g_path_get_dirname (path);
  input->top = g_strdup (output ? output : top);
  input->named = named;
  input->is_link = g_file_test (path, G_FILE_TEST_IS_SYMLINK);
  input->size = status->st_size;
  input->mtime_ns = status->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + status->st_mtim.tv_nsec;
  add_once (lister, input, status);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* The names in a folder, sorted; NULL after a complaint. */
static GPtrArray *
read_folder (Lister * lister, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  const char *name;

  if (!dir) {
    lister->complain (lister->data, path, error);
    return NULL;
  }
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)))
    if (*name != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, by_name);
  return names;
}

static void walk (Lister * lister, const char *folder, const char *top, const char *below);

static void
meet (Lister * lister, const char *path, const char *top, const char *name, const char *below_folder)
{
  const CnxInputOptions *options = lister->options;
  g_autofree char *below = *below_folder ? g_build_filename (below_folder, name, NULL) : g_strdup (name);
  struct stat status;
  const int number = lstat (path, &status) == 0 ? 0 : errno;
  const Meeting met = { path, top, name, below, number == 0 && S_ISDIR (status.st_mode) };

  if (matches (options->exclude, &met))
    return;
  if (number != 0) {
    complain_errno (lister, path, number);
    return;
  }
  if (S_ISDIR (status.st_mode)) {
    walk (lister, path, top, below);
    return;
  }
  if (options->include && !matches (options->include, &met))
    return;
  /* A link to a file is one; one to a folder would lead in circles. */
  if (S_ISLNK (status.st_mode) && stat (path, &status) != 0)
    complain_errno (lister, path, errno);
  else if (S_ISREG (status.st_mode))
    add_file (lister, path, top, below_folder, &status, FALSE);
}

static void
walk (Lister * lister, const char *folder, const char *top, const char *below)
{
  g_autoptr (GPtrArray) names = read_folder (lister, folder);

  for (guint i = 0; names && i < names->len; i++) {
    const char *name = names->pdata[i];
    g_autofree char *path = g_build_filename (folder, name, NULL);
    meet (lister, path, top, name, below);
  }
}

static void
add_path (Lister * lister, const char *path, gboolean named)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat status;

  if (stat (path, &status) != 0)
    complain_errno (lister, path, errno);
  else if (S_ISDIR (status.st_mode))
    walk (lister, path, path, "");
  else if (!S_ISREG (status.st_mode))
    complain_text (lister, path, "it is neither a file nor a folder");
  else
    add_file (lister, path, folder, "", &status, named);
}

/* NULL after a complaint. */
static FILE *
open_list (Lister * lister, const char *list)
{
  g_autoptr (GError) error = NULL;
  const int fd = cnx_open_for_reading (list, &error);

  if (fd < 0)
    lister->complain (lister->data, list, error);
  return fd < 0 ? NULL : fdopen (fd, "r");
}

/* What is wrong with a list that @name is out of, its first one or the one that @ends it; NULL where nothing is. */
static const char *
wrong_list (const Lister * lister, const GString * name, gboolean is_first, gboolean ends)
{
  const char *text = name->str;
  const gboolean null_ends = lister->options->null_ends;

  if (is_first && (g_str_has_prefix (text, "\xff\xfe") || g_str_has_prefix (text, "\xfe\xff")))
    return "it is a list in UTF-16: write it in UTF-8";
  if (!null_ends && strlen (text) < name->len)
    return "there are zero bytes in it: where names end in those, as find -print0 writes them, give --null";
  if (null_ends && is_first && ends && strchr (text, '\n') && !g_file_test (text, G_FILE_TEST_EXISTS))
    return "there is no zero byte in it: where names end in line ends, leave out --null";
  return name->len >= MOST_NAME ? g_strerror (ENAMETOOLONG) : NULL;
}

/* The first name has the mark before it that some editors put into UTF-8, the others may have another system's ends. */
static void
clean_name (GString * name, gboolean is_first, gboolean is_line)
{
  if (is_first && g_str_has_prefix (name->str, "\xef\xbb\xbf"))
    g_string_erase (name, 0, 3);
  if (is_line && name->len && name->str[name->len - 1] == '\r')
    g_string_truncate (name, name->len - 1);
}

static void
read_list (Lister * lister, const char *list)
{
  const gboolean is_input = strcmp (list, "-") == 0;
  FILE *file = is_input ? stdin : open_list (lister, list);
  g_autoptr (GString) name = g_string_new (NULL);
  const int end = lister->options->null_ends ? '\0' : '\n';
  gboolean is_first = TRUE;
  int c;

  if (!file)
    return;
  do {
    c = getc (file);
    if (c != end && c != EOF && name->len < MOST_NAME) {
      g_string_append_c (name, c);
      continue;
    }
    const char *wrong = wrong_list (lister, name, is_first, c != end);
    if (wrong) {
      complain_text (lister, list, wrong);
      break;
    }
    clean_name (name, is_first, end == '\n');
    is_first = FALSE;
    if (name->len)
      add_path (lister, name->str, FALSE);
    g_string_truncate (name, 0);
  } while (c != EOF);
  if (ferror (file))
    complain_errno (lister, list, errno);
  if (!is_input)
    fclose (file);
}

GPtrArray *
cnx_inputs_list (const CnxInputOptions * options, CnxInputComplaint complain, gpointer data)
{
  Lister lister = { options, complain, data };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  lister.inputs = g_ptr_array_new_with_free_func (input_free);
  lister.seen = seen;
  for (guint i = 0; options->paths && options->paths[i]; i++) {
    if (strcmp (options->paths[i], "-") == 0)
      read_list (&lister, "-");
    else
      add_path (&lister, options->paths[i], TRUE);
  }
  if (options->list)
    read_list (&lister, options->list);
  return lister.inputs;
}
