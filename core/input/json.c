#include "core/input/json.h"

#include <math.h>
#include <string.h>

#include "core/input/crowd.h"
#include "core/error.h"
#include "core/input/input_file.h"
#include "core/input/name_hash.h"

#define MAX_FILE (16 * 1024 * 1024)

/* What the scan has seen so far. */
typedef struct
{
  const char *data;
  gsize length, at;
  int depth;
  gsize items;
  gsize keys;
  CnxCrowd *crowd;              /* every key of every object, for json-glib's tables */
  GHashTable *top_keys;         /* spelled as in the file, quotes left out */
  char *repeated;
} Scan;

/* *INDENT-OFF* */
static gboolean refuse (const char *what, GError ** error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* *INDENT-ON* */

static gboolean
refuse (const char *what, GError ** error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, what, format, args);
  va_end (args);
  return FALSE;
}

static void
skip_space (Scan * scan)
{
  while (scan->at < scan->length && strchr (" \t\r\n", scan->data[scan->at]))
    scan->at++;
}

/* The four digits of a \uXXXX at @at; -1 where that is something else. */
static int
unicode_at (const Scan * scan, gsize at)
{
  int value = 0;

  if (at + 6 > scan->length || scan->data[at] != '\\' || scan->data[at + 1] != 'u')
    return -1;
  for (gsize i = at + 2; i < at + 6; i++) {
    const int digit = g_ascii_xdigit_value (scan->data[i]);
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* Steps over an escape. Half a surrogate pair, and digits that are none, are refused: json-glib makes text of them that
 * is not UTF-8. */
static gboolean
scan_escape (Scan * scan, const char *what, GError ** error)
{
  const int unit = unicode_at (scan, scan->at);
  const char escaped = scan->at + 1 < scan->length ? scan->data[scan->at + 1] : '\0';

  if (!escaped || !strchr ("\"\\/bfnrtu", escaped) || (escaped == 'u' && unit < 0))
    return refuse (what, error, "an escape that JSON does not have, at byte %" G_GSIZE_FORMAT, scan->at);
  if (unit < 0xd800 || unit > 0xdfff) {
    scan->at += 2;
    return TRUE;
  }
  const int low = unicode_at (scan, scan->at + 6);
  if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
    return refuse (what, error, "half a surrogate pair inside a string, at byte %" G_GSIZE_FORMAT " of the JSON",
        scan->at);
  scan->at += 12;
  return TRUE;
}

/* What json-glib makes of the checked escape at @at; returns the byte after it. */
static gsize
decode_escape (const Scan * scan, gsize at, GString * text)
{
  static const char escapes[] = "bfnrt", characters[] = "\b\f\n\r\t";
  const char escaped = scan->data[at + 1];
  const char *known = strchr (escapes, escaped);

  if (escaped != 'u') {
    g_string_append_c (text, known ? characters[known - escapes] : escaped);
    return at + 2;
  }
  const gunichar unit = unicode_at (scan, at);
  if (unit < 0xd800 || unit > 0xdfff) {
    g_string_append_unichar (text, unit);
    return at + 6;
  }
  g_string_append_unichar (text, 0x10000 + ((unit - 0xd800) << 10) + (unicode_at (scan, at + 6) - 0xdc00));
  return at + 12;
}

/* A key as json-glib will hash it: its escapes made out. */
static void
add_to_crowd (const Scan * scan, gsize start, gsize end)
{
  g_autoptr (GString) text = NULL;

  if (!memchr (scan->data + start, '\\', end - start)) {
    cnx_crowd_add (scan->crowd, scan->data + start, end - start);
    return;
  }
  text = g_string_new (NULL);
  while (start < end) {
    if (scan->data[start] == '\\')
      start = decode_escape (scan, start, text);
    else
      g_string_append_c (text, scan->data[start++]);
  }
  cnx_crowd_add (scan->crowd, text->str, text->len);
}

static void
take_key (Scan * scan, gsize start, gsize end)
{
  g_autofree char *key = NULL;

  add_to_crowd (scan, start, end);
  if (scan->depth > 1 || !scan->top_keys)
    return;
  key = g_strndup (scan->data + start, end - start);
  if (g_hash_table_contains (scan->top_keys, key) && !scan->repeated)
    scan->repeated = g_steal_pointer (&key);
  else
    g_hash_table_add (scan->top_keys, g_steal_pointer (&key));
}

/* At the opening quote; stops after the closing one, or at the colon behind a key. */
static gboolean
scan_string (Scan * scan, const char *what, GError ** error)
{
  const gsize start = ++scan->at;

  while (scan->at < scan->length && scan->data[scan->at] != '"') {
    if ((guchar) scan->data[scan->at] < 0x20)
      return refuse (what, error, "a control character inside a string, at byte %"
          G_GSIZE_FORMAT " of the JSON", scan->at);
    if (scan->data[scan->at] != '\\')
      scan->at++;
    else if (!scan_escape (scan, what, error))
      return FALSE;
  }
  if (scan->at >= scan->length)
    return refuse (what, error, "the JSON ends inside a string");

  const gsize end = scan->at++;
  skip_space (scan);
  if (scan->at < scan->length && scan->data[scan->at] == ':')
    take_key (scan, start, end);
  return TRUE;
}

/* Anything that JSON has no use for outside strings is refused: json-glib also reads comments and
 * assignments, and a comment could hide from this scan what the parser then sees. */
static gboolean
scan_character (Scan * scan, char c, const char *what, GError ** error)
{
  static const char plain[] = "truefalsn0123456789+-.E \t\r\n";

  if (c == '{' || c == '[') {
    scan->depth++;
  } else if (c == '}' || c == ']') {
    scan->depth--;
  } else if (c == ',') {
    scan->items++;
  } else if (c == ':') {
    scan->keys++;
    scan->items++;
  } else if (c == '\0' || !strchr (plain, c)) {
    return refuse (what, error, "not JSON: a stray 0x%02x at byte %" G_GSIZE_FORMAT, (guchar) c,
        scan->at);
  }
  scan->at++;
  return TRUE;
}

static gboolean
scan_all (Scan * scan, const CnxJsonLimits * limits, const char *what, GError ** error)
{
  skip_space (scan);
  if (scan->at >= scan->length || scan->data[scan->at] != '{')
    return refuse (what, error, "not a JSON object: it does not start with '{'");

  do {
    char c = scan->data[scan->at];

    if (c == '"' ? !scan_string (scan, what, error) : !scan_character (scan, c, what, error))
      return FALSE;
    if (scan->depth > limits->depth)
      return refuse (what, error, "nested deeper than %d levels", limits->depth);
    if (scan->items > limits->items)
      return refuse (what, error, "more than %" G_GSIZE_FORMAT " members", limits->items);
  } while (scan->depth > 0 && scan->at < scan->length);

  if (scan->depth > 0)
    return refuse (what, error, "the JSON ends in the middle");
  skip_space (scan);
  if (scan->at < scan->length)
    return refuse (what, error, "something follows the JSON object, at byte %" G_GSIZE_FORMAT,
        scan->at);
  if (cnx_crowd_is_dense (scan->crowd))
    return refuse (what, error, "its keys share hash values, as they do where they are made to slow a reader down: "
        "take it from another source");
  return TRUE;
}

/* Members of all objects under @node; as deep as the scan allowed. */
static gsize
count_members (JsonNode * node)
{
  g_autoptr (GList) children = NULL;
  gsize count = 0;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    count = json_object_get_size (json_node_get_object (node));
    children = json_object_get_values (json_node_get_object (node));
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    children = json_array_get_elements (json_node_get_array (node));
  }
  for (GList * child = children; child; child = child->next)
    count += count_members (child->data);
  return count;
}

static JsonNode *
parse_checked (const Scan * scan, const CnxJsonLimits * limits, const char *what, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) parse_error = NULL;

  if (scan->repeated) {
    refuse (what, error, "\"%.200s\" is there twice", scan->repeated);
    return NULL;
  }
  if (!json_parser_load_from_data (parser, scan->data, scan->length, &parse_error)) {
    g_autofree char *message = g_utf8_make_valid (parse_error->message, -1);

    refuse (what, error, "not JSON: %s", message);
    return NULL;
  }
  root = json_parser_steal_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    refuse (what, error, "not a JSON object");
    return NULL;
  }
  /* Catches what the raw spelling does not: keys below the top, and one spelled with escapes. */
  if (limits->unique_keys && count_members (root) != scan->keys) {
    refuse (what, error, "a key is there twice in one object");
    return NULL;
  }
  return g_steal_pointer (&root);
}

JsonNode *
cnx_json_parse (const char *data, gsize length, const CnxJsonLimits * limits, const char *what,
    GError ** error)
{
  g_autoptr (CnxCrowd) crowd = cnx_crowd_new (CNX_CROWD_GLIB);
  g_autoptr (GHashTable) top_keys = NULL;
  Scan scan = {.data = data,.length = length,.crowd = crowd };
  JsonNode *root = NULL;

  /* json-glib takes no more than this. */
  if (length == 0 || length > G_MAXSSIZE || !g_utf8_validate_len (data, length, NULL)) {
    refuse (what, error, "not JSON: empty, or not in UTF-8");
    return NULL;
  }
  if (limits->unique_keys)
    top_keys = scan.top_keys = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, NULL);
  if (scan_all (&scan, limits, what, error))
    root = parse_checked (&scan, limits, what, error);
  g_free (scan.repeated);
  return root;
}

JsonNode *
cnx_json_load (const char *path, GError ** error)
{
  static const CnxJsonLimits limits = {.depth = 32,.items = 1000000 };
  g_autofree char *what = g_strdup_printf ("'%s'", path);
  gsize length;
  g_autofree char *text = cnx_input_file_load (path, MAX_FILE, &length, error);

  return text ? cnx_json_parse (text, length, &limits, what, error) : NULL;
}

JsonNode *
cnx_json_find (JsonObject * object, const char *key)
{
  JsonNode *node = object ? json_object_get_member (object, key) : NULL;

  return node && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static GType
type_of (JsonNode * node)
{
  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;
}

const char *
cnx_json_text (JsonNode * node)
{
  return type_of (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

gboolean
cnx_json_number (JsonNode * node, double *number)
{
  if (type_of (node) != G_TYPE_INT64 && type_of (node) != G_TYPE_DOUBLE)
    return FALSE;
  *number = json_node_get_double (node);
  return isfinite (*number);
}

JsonObject *
cnx_json_find_object (JsonObject * object, const char *key)
{
  JsonNode *node = cnx_json_find (object, key);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

void
cnx_json_add_text (JsonBuilder * builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_string_value (builder, value);
}

void
cnx_json_add_int (JsonBuilder * builder, const char *key, gint64 value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_int_value (builder, value);
}

void
cnx_json_add_double (JsonBuilder * builder, const char *key, double value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_double_value (builder, value);
}

void
cnx_json_add_ints (JsonBuilder * builder, const char *key, const int *values, guint n)
{
  json_builder_set_member_name (builder, key);
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    json_builder_add_int_value (builder, values[i]);
  json_builder_end_array (builder);
}
