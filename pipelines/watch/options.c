#include "pipelines/watch/options.h"

#include <string.h>

#include "core/error.h"

/* What an option was given: each time a text, or for flags whether it was. */
typedef struct
{
  const CnxKey *key;
  char **values;
  gboolean flag;
  char *help;
} Slot;

struct _CnxWatchOptions
{
  GOptionEntry *entries;
  Slot *slots;
  guint n;
  char *file;
  char **sources, **passwords;
};

/* With what it is where nothing is said. */
static char *
make_help (const CnxKey * key)
{
  return key->usual && key->type != CNX_KEY_FLAG ? g_strdup_printf ("%s (default: %s)", key->help, key->usual)
      : g_strdup (key->help);
}

static void
add_keys (CnxWatchOptions * self, CnxKeys keys)
{
  for (guint i = 0; i < keys.n; i++) {
    const CnxKey *key = &keys.keys[i];
    const gboolean is_flag = key->type == CNX_KEY_FLAG;

    if (strcmp (key->name, "source") == 0)
      continue;
    Slot *slot = &self->slots[self->n];
    *slot = (Slot) {.key = key,.help = make_help (key) };
    self->entries[self->n++] = (GOptionEntry) {
      key->name, key->letter, 0, is_flag ? G_OPTION_ARG_NONE : G_OPTION_ARG_FILENAME_ARRAY,
      is_flag ? (gpointer) & slot->flag : (gpointer) & slot->values, slot->help, key->argument
    };
  }
}

CnxWatchOptions *
cnx_watch_options_new (void)
{
  CnxWatchOptions *self = g_new0 (CnxWatchOptions, 1);
  const guint most = cnx_watch_keys ().n + cnx_camera_keys ().n;

  self->slots = g_new0 (Slot, most);
  self->entries = g_new0 (GOptionEntry, most + 4);
  add_keys (self, cnx_watch_keys ());
  add_keys (self, cnx_camera_keys ());
  self->entries[self->n] = (GOptionEntry) {
    "config", 'c', 0, G_OPTION_ARG_FILENAME, &self->file,
    "A file that says what is watched and how, in the place of sources and of all other options", "FILE"
  };
  self->entries[self->n + 1] = (GOptionEntry) {
    G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->sources, NULL, NULL
  };
  /* an option that is not known GLib names with its value */
  self->entries[self->n + 2] = (GOptionEntry) {
    "password", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME_ARRAY, &self->passwords, NULL, NULL
  };
  return self;
}

void
cnx_watch_options_free (CnxWatchOptions * self)
{
  for (guint i = 0; i < self->n; i++) {
    g_strfreev (self->slots[i].values);
    g_free (self->slots[i].help);
  }
  g_free (self->slots);
  g_free (self->entries);
  g_free (self->file);
  g_strfreev (self->sources);
  g_strfreev (self->passwords);
  g_free (self);
}

const GOptionEntry *
cnx_watch_options_entries (const CnxWatchOptions * self)
{
  return self->entries;
}

const char *
cnx_watch_options_file (const CnxWatchOptions * self)
{
  return self->file;
}

static CnxWatchConfig *
load (const CnxWatchOptions * self, GError ** error)
{
  for (guint i = 0; i < self->n; i++)
    if (self->slots[i].values || self->slots[i].flag) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "--%s goes with no --config: the file says it all; write it "
          "there",
          self->slots[i].key->name);
      return NULL;
    }
  if (!self->sources)
    return cnx_watch_config_load (self->file, error);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "sources go with no --config: write a group [camera NAME] for each "
      "into the file");
  return NULL;
}

/* Of an option that is no list and was given several times the last counts; each must be right. */
static gboolean
take (CnxWatchConfig * config, const Slot * slot, GError ** error)
{
  static const char *const yes[] = { "true", NULL };

  if (slot->flag)
    return cnx_watch_config_set (config, slot->key->name, yes, error);
  if (slot->key->type == CNX_KEY_LIST)
    return cnx_watch_config_set (config, slot->key->name, (const char *const *) slot->values, error);
  for (guint i = 0; slot->values[i]; i++)
    if (!cnx_watch_config_set (config, slot->key->name, (const char *const *) slot->values + i, error))
      return FALSE;
  return TRUE;
}

CnxWatchConfig *
cnx_watch_options_config (const CnxWatchOptions * self, GError ** error)
{
  g_autoptr (CnxWatchConfig) config = NULL;

  if (self->passwords) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "--password: whoever lists processes sees it; say where it is, "
        "with --password-file or --password-env");
    return NULL;
  }
  if (self->file)
    return load (self, error);
  config = cnx_watch_config_new ();
  for (guint i = 0; i < self->n; i++)
    if ((self->slots[i].values || self->slots[i].flag) && !take (config, &self->slots[i], error))
      return NULL;
  for (guint i = 0; self->sources && self->sources[i]; i++)
    if (!cnx_watch_config_add (config, self->sources[i], error))
      return NULL;
  return cnx_watch_config_check (config, error) ? g_steal_pointer (&config) : NULL;
}
