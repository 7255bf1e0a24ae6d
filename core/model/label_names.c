#include "core/model/label_names.h"

#include <string.h>
#include <gio/gio.h>

#include "core/error.h"
#include "core/input/input_file.h"
#include "core/label_names_resource.h"

#define MAX_LABELS_FILE (16 * 1024 * 1024)
/* Behind the last label, before a file is taken for another. */
#define MOST_BLANK_LINES 1000
#define IMAGENET_NAMES "/convnext/imagenet-1k.txt"

/* One label a line, with any line ending; empty lines at the end do not count. */
static char **
split_lines (const char *text)
{
  char **lines = g_strsplit (text, "\n", -1);
  guint n = g_strv_length (lines);

  for (guint i = 0; i < n; i++)
    g_strstrip (lines[i]);
  while (n > 0 && lines[n - 1][0] == '\0')
    g_clear_pointer (&lines[--n], g_free);
  return lines;
}

static gsize
count_lines (const char *text)
{
  gsize n = 0;

  while ((text = strchr (text, '\n'))) {
    n++;
    text++;
  }
  return n;
}

char **
cnx_labels_load (const char *path, int classes, GError ** error)
{
  g_auto (GStrv) lines = NULL;
  gsize length, n;
  g_autofree char *text = cnx_input_file_load (path, MAX_LABELS_FILE, &length, error);
  const char *start;

  if (!text) {
    g_prefix_error (error, "the labels: ");
    return NULL;
  }
  if (!g_utf8_validate_len (text, length, NULL)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "the labels '%s' are not a text file in UTF-8", path);
    return NULL;
  }
  n = count_lines (text);
  start = g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text;
  if (n <= (gsize) classes + MOST_BLANK_LINES) {
    lines = split_lines (start);
    n = g_strv_length (lines);
  }
  if (n != (gsize) classes) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "the labels '%s' have %" G_GSIZE_FORMAT " lines, but the model "
        "has %d classes: one line for each, in order", path, n, classes);
    return NULL;
  }
  return g_steal_pointer (&lines);
}

char **
cnx_labels_of_imagenet (void)
{
  /* The first call has the resource linked in. What it returns may be NULL while another thread asks for any resource
   * the first time; a lookup among all of them waits for that thread. */
  cnx_label_names_get_resource ();
  g_autoptr (GBytes) bytes = g_resources_lookup_data (IMAGENET_NAMES, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  return split_lines (g_bytes_get_data (bytes, NULL));  /* a zero byte follows */
}
