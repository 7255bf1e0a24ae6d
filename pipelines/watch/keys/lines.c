#include "pipelines/watch/keys/lines.h"

#include <string.h>

#include "core/error.h"
#include "core/input/name_hash.h"
#include "pipelines/watch/source.h"

typedef struct
{
  GHashTable *seen;             /* "[group]key" -> number of the line */
  char *group;
  guint number;
} Lines;

static gboolean
refuse (const Lines * self, GError ** error, const char *what)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "line %u %s", self->number, what);
  return FALSE;
}

/* @key: NULL for the group itself. */
static gboolean
take (Lines * self, const char *key, GError ** error)
{
  char *name = g_strconcat ("[", self->group, "]", key, NULL);
  const guint before = GPOINTER_TO_UINT (g_hash_table_lookup (self->seen, name));

  if (!before) {
    g_hash_table_insert (self->seen, name, GUINT_TO_POINTER (self->number));
    return TRUE;
  }
  g_free (name);
  g_autofree char *shown = cnx_name_shown (key ? key : self->group);
  const gboolean is_camera = !key && g_str_has_prefix (self->group, "camera");
  g_autofree char *what = g_strdup_printf ("has the %s %s again, which is in line %u%s", key ? "key" : "group", shown,
      before, is_camera ? ": there are no two cameras of one name" : "");
  return refuse (self, error, what);
}

static gboolean
take_group (Lines * self, const char *line, GError ** error)
{
  const char *end = strchr (line, ']');

  if (!end || end[1] != '\0')
    return refuse (self, error, "begins with [ and does not end with its ]");
  g_free (self->group);
  self->group = g_strndup (line + 1, end - line - 1);
  if (*self->group == '\0' || strchr (self->group, '[') || !cnx_name_is_printable (self->group))
    return refuse (self, error, "has a group with signs that no name has");
  return take (self, NULL, error);
}

static gboolean
take_key (Lines * self, const char *line, GError ** error)
{
  const char *equals = strchr (line, '=');
  g_autofree char *key = equals ? g_strchomp (g_strndup (line, equals - line)) : NULL;

  if (!key || *key == '\0')
    return refuse (self, error, "is no [GROUP], no KEY=VALUE and no comment, which begins with #");
  if (!self->group)
    return refuse (self, error, "has a key before the first group: [watch] or [camera NAME] comes first");
  for (const char *at = key; *at; at++)
    if (!g_ascii_isalnum (*at) && !strchr ("-_", *at))
      return refuse (self, error, "has a key with signs that no key has");
  return take (self, key, error);
}

gboolean
cnx_lines_check (const char *text, GError ** error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Lines self = {.seen = seen };
  gboolean is_right = TRUE;

  for (guint i = 0; is_right && lines[i]; i++) {
    const char *line = g_strstrip (lines[i]);

    self.number = i + 1;
    if (*line == '[')
      is_right = take_group (&self, line, error);
    else if (*line != '#' && *line != '\0')
      is_right = take_key (&self, line, error);
  }
  g_free (self.group);
  return is_right;
}
