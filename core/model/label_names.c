#include "core/model/label_names.h"

#include <string.h>
#include <gio/gio.h>

#include "core/error.h"
#include "core/input/json.h"
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

/* ---- of a config ---- */

/* What the value of class @id stands for; NULL where it is an array or an object. */
static char *
label_text (JsonNode * node, int id)
{
  GType type;

  if (JSON_NODE_HOLDS_NULL (node))
    return g_strdup_printf ("class %d", id);
  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return g_strdup_printf ("%.15g", json_node_get_double (node));
}

/* By place, or by number: [..] and {"0": .., ..}. */
static gboolean
take_by_number (JsonNode * node, const char *key, char **labels, int classes, GError ** error)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (int id = 0; id < classes; id++) {
    g_autofree char *number = g_strdup_printf ("%d", id);
    JsonNode *value = array ? json_array_get_element (array, id)
        : json_object_get_member (json_node_get_object (node), number);

    if (!value || !(labels[id] = label_text (value, id))) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s' has no label for class %d", key, id);
      return FALSE;
    }
  }
  return TRUE;
}

/* {"cat": 0, ..}; a number may stand there as text. */
static gboolean
take_by_name (JsonObject * object, const char *key, char **labels, int classes, GError ** error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    g_autofree char *number = label_text (node, -1);
    guint64 id;

    if (!number || !g_ascii_string_to_unsigned (number, 10, 0, G_MAXINT, &id, NULL) || id >= (guint64) classes
        || labels[id]) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s' has a label whose number is none of a class from 0 to %d, "
          "or that of another", key, classes - 1);
      return FALSE;
    }
    labels[id] = g_strdup (name);
  }
  return TRUE;
}

/* The labels under @key, which is there. */
static char **
take_labels (JsonNode * node, const char *key, int classes, GError ** error)
{
  g_auto (GStrv) labels = g_new0 (char *, classes + 1);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  guint count;
  gboolean taken;

  if (!object && !JSON_NODE_HOLDS_ARRAY (node)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s' is neither an array nor an object", key);
    return NULL;
  }
  count = object ? json_object_get_size (object) : json_array_get_length (json_node_get_array (node));
  if (count != (guint) classes) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s' counts %u classes, but the weights have %d", key, count,
        classes);
    return NULL;
  }
  if (object && !json_object_has_member (object, "0"))
    taken = take_by_name (object, key, labels, classes, error);
  else
    taken = take_by_number (node, key, labels, classes, error);
  if (taken)
    return g_steal_pointer (&labels);
  for (int id = 0; id < classes; id++)  /* there may be gaps, which end a vector for g_strfreev() */
    g_clear_pointer (&labels[id], g_free);
  return NULL;
}

/* {"0": "LABEL_0", ..} or {"LABEL_0": 0, ..}, as many as there may be: transformers' own, for classes without names. */
static gboolean
is_placeholder (JsonNode * node)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node) || json_object_get_size (json_node_get_object (node)) == 0)
    return FALSE;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value)) {
    g_autofree char *text = label_text (value, -1);
    g_autofree char *of_name = g_strconcat ("LABEL_", name, NULL);
    g_autofree char *of_value = g_strconcat ("LABEL_", text, NULL);

    if (g_strcmp0 (text, of_name) != 0 && strcmp (name, of_value) != 0)
      return FALSE;
  }
  return TRUE;
}

/* As a list of them, or what was made up here for nulls. */
static gboolean
are_placeholders (char **labels)
{
  for (guint id = 0; labels[id]; id++) {
    g_autofree char *placeholder = g_strdup_printf ("LABEL_%u", id);
    g_autofree char *unnamed = g_strdup_printf ("class %u", id);

    if (strcmp (labels[id], placeholder) != 0 && strcmp (labels[id], unnamed) != 0)
      return FALSE;
  }
  return TRUE;
}

char **
cnx_labels_in_config (JsonObject * root, int classes, GError ** error)
{
  static const char *const keys[] = { "label_names", "id2label", "label2id" };
  JsonObject *descriptions = cnx_json_find_object (root, "label_descriptions");

  for (guint i = 0; classes > 0 && i < G_N_ELEMENTS (keys); i++) {
    JsonNode *node = cnx_json_find (root, keys[i]);
    g_auto (GStrv) labels = NULL;

    if (!node || is_placeholder (node))
      continue;
    if (!(labels = take_labels (node, keys[i], classes, error)))
      return NULL;
    if (are_placeholders (labels))
      continue;
    for (int id = 0; i == 0 && descriptions && id < classes; id++) {
      JsonNode *described = json_object_get_member (descriptions, labels[id]);
      char *text = described ? label_text (described, id) : NULL;

      if (text) {
        g_free (labels[id]);
        labels[id] = text;
      }
    }
    return g_steal_pointer (&labels);
  }
  return NULL;
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
