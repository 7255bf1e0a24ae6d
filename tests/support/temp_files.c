#include "tests/support/temp_files.h"

#include <string.h>
#include <glib/gstdio.h>

char *
cnx_test_make_dir (void)
{
  g_autoptr (GError) error = NULL;
  char *dir = g_dir_make_tmp ("cnx-test-XXXXXX", &error);

  g_assert_no_error (error);
  return dir;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

void
cnx_test_remove_dir (char *dir)
{
  remove_tree (dir);
  g_free (dir);
}

static char *
write_bytes (const char *dir, const char *name, const char *bytes, gsize size)
{
  char *path = g_build_filename (dir, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_file_set_contents (path, bytes, size, &error);
  g_assert_no_error (error);
  return path;
}

char *
cnx_test_write_text (const char *dir, const char *name, const char *text)
{
  return write_bytes (dir, name, text, strlen (text));
}

char *
cnx_test_write_safetensors (const char *dir, const char *name, const char *header, gsize data_size)
{
  g_autoptr (GString) bytes = g_string_new (NULL);
  guint64 length = GUINT64_TO_LE (strlen (header));

  g_string_append_len (bytes, (const char *) &length, sizeof length);
  g_string_append (bytes, header);
  for (gsize i = 0; i < data_size; i++)
    g_string_append_c (bytes, (char) i);
  return write_bytes (dir, name, bytes->str, bytes->len);
}

char *
cnx_test_copy (const char *from, const char *dir, const char *name)
{
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (from, &bytes, &size, &error);
  g_assert_no_error (error);
  return write_bytes (dir, name, bytes, size);
}

static char *
below (const char *variable, const char *name)
{
  const char *folder = g_getenv (variable);

  if (!folder)
    g_error ("%s is not set: run the tests with `meson test`", variable);
  return g_build_filename (folder, name, NULL);
}

char *
cnx_test_data (const char *name)
{
  return below ("CNX_TEST_DATA", name);
}

char *
cnx_test_models (const char *name)
{
  return below ("CNX_MODELS", name);
}

void
cnx_test_assert_message (const GError * error, ...)
{
  const char *text;
  va_list texts;

  g_assert_nonnull (error);
  va_start (texts, error);
  while ((text = va_arg (texts, const char *)))
  {
    if (!strstr (error->message, text)) {
      g_test_message ("'%s' is not in: %s", text, error->message);
      g_test_fail ();
    }
  }
  va_end (texts);
}
