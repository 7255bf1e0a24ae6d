/* JSON from files that nobody vouches for: nesting, size, spelling and how the keys hash are checked before json-glib,
 * whose parser recurses, which keeps the last of two equal keys in silence, and whose tables can be made slow, sees a
 * byte of it. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * CnxJsonLimits:
 * @depth: how deep objects and arrays may nest
 * @items: how many members and array elements there may be in all
 * @unique_keys: whether a key that stands twice in one object is an error
 */
typedef struct
{
  int depth;
  gsize items;
  gboolean unique_keys;
} CnxJsonLimits;

/** Parses @length bytes, which must be one JSON object in UTF-8. @what begins every message ("'a.json'").
 * Returns the root; free with json_node_unref(). Errors: CNX_ERROR_FORMAT. Thread-safe. */
JsonNode *cnx_json_parse (const char *data, gsize length, const CnxJsonLimits * limits, const char *what,
    GError ** error);

/** The same for a whole file of at most 16 MiB. Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT. */
JsonNode *cnx_json_load (const char *path, GError ** error);

/** @object's member @key; NULL where it is missing or null, which mean the same, and where @object is NULL. Owned by
 * @object. */
JsonNode *cnx_json_find (JsonObject * object, const char *key);

/** What @node, which may be NULL, is as text: NULL unless it is a string. Owned by @node. */
const char *cnx_json_text (JsonNode * node);

/** Whether @node, which may be NULL, is a finite number; true and false are none. */
gboolean cnx_json_number (JsonNode * node, double *number);

/** The object that is @object's member @key; NULL where it has none, or none that is an object, or is NULL itself.
 * Owned by @object. */
JsonObject *cnx_json_find_object (JsonObject * object, const char *key);

/** Adds a member to the object that @builder is in. */
void cnx_json_add_text (JsonBuilder * builder, const char *key, const char *value);
void cnx_json_add_int (JsonBuilder * builder, const char *key, gint64 value);
void cnx_json_add_double (JsonBuilder * builder, const char *key, double value);
void cnx_json_add_ints (JsonBuilder * builder, const char *key, const int *values, guint n);

G_END_DECLS
