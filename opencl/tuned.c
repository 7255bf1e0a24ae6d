#include "opencl/tuned.h"
#include "core/input/json.h"
#include "opencl/cache/folder.h"
#include "opencl/cache/lock.h"
#include "opencl/program.h"

#include <string.h>
#include <unistd.h>

#define MAX_FILE (1024 * 1024)

/* Of the file with the answers for @device. */
static char *
file_name (CnxDevice * device)
{
  cl_uint units = 0;

  /* with fewer threads another set may be faster */
  clGetDeviceInfo (cnx_device_id (device), CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  g_autofree char *options = g_strdup_printf ("tuning, %u units", units);
  g_autofree char *key = cnx_program_key (device, NULL, options);

  return g_strconcat (key, ".tuning.json", NULL);
}

char *
cnx_tuned_path (CnxDevice * device)
{
  g_autofree char *folder = cnx_cache_path ();
  g_autofree char *name = file_name (device);

  return g_build_filename (folder, name, NULL);
}

/* What the file says now, or NULL. */
static char *
read_answers (CnxDevice * device, gsize * length)
{
  g_autofree char *name = file_name (device);
  const int folder = cnx_cache_open ();
  char *text = folder < 0 ? NULL : cnx_cache_read (folder, name, MAX_FILE, length);

  if (folder >= 0)
    close (folder);
  return text;
}

/* "fp32, 96 channels": an answer's key in the file. */
static char *
answer_name (CnxPrecision precision, int channels)
{
  return g_strdup_printf ("%s, %d channels", cnx_precision_name (precision), channels);
}

static JsonObject *
answers_of (JsonNode * root)
{
  JsonNode *node = json_object_get_member (json_node_get_object (root), "answers");
  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonNode *
parse (const char *text, gsize length)
{
  const CnxJsonLimits limits = {.depth = 4,.items = 10000,.unique_keys = TRUE };
  return cnx_json_parse (text, length, &limits, "the tuner's answers", NULL);
}

char *
cnx_tuned_parse (const char *text, gsize length, CnxPrecision precision, int channels)
{
  g_autoptr (JsonNode) root = parse (text, length);
  g_autofree char *name = answer_name (precision, channels);
  JsonObject *answers = root ? answers_of (root) : NULL;
  JsonNode *answer = answers ? json_object_get_member (answers, name) : NULL;

  if (!answer || !JSON_NODE_HOLDS_VALUE (answer) || json_node_get_value_type (answer) != G_TYPE_STRING)
    return NULL;
  return json_node_dup_string (answer);
}

gboolean
cnx_tuned_find (CnxDevice * device, CnxPrecision precision, int channels, CnxTuning * tuning)
{
  gsize length;
  g_autofree char *text = read_answers (device, &length);

  if (!text)
    return FALSE;
  g_autofree char *wanted = cnx_tuned_parse (text, length, precision, channels);
  if (!wanted)
    return FALSE;
  g_autoptr (GArray) candidates = cnx_tuning_candidates (device, precision);
  for (guint i = 0; i < candidates->len; i++) {
    const CnxTuning *candidate = &g_array_index (candidates, CnxTuning, i);
    g_autofree char *described = cnx_tuning_describe (candidate);
    if (g_str_equal (described, wanted)) {
      *tuning = *candidate;
      return TRUE;
    }
  }
  g_debug ("the tuner's answers name no such set of tiles: %s", wanted);
  return FALSE;
}

/* The answers so far, or an empty file's. */
static JsonNode *
load (int folder, const char *file)
{
  gsize length;
  g_autofree char *text = cnx_cache_read (folder, file, MAX_FILE, &length);
  JsonNode *root = text ? parse (text, length) : NULL;

  if (root && answers_of (root))
    return root;
  g_clear_pointer (&root, json_node_unref);
  g_autoptr (JsonObject) object = json_object_new ();
  json_object_set_object_member (object, "answers", json_object_new ());
  root = json_node_alloc ();
  json_node_init_object (root, object);
  return root;
}

/* Nobody else's answer comes between what is read and what is written. */
static gboolean
add (CnxDevice * device, int folder, const char *file, int channels, const CnxTuning * tuning, GError ** error)
{
  const CnxDeviceInfo *info = cnx_device_info (device);
  g_autofree char *name = answer_name (tuning->precision, channels);
  g_autofree char *described = cnx_tuning_describe (tuning);
  g_autoptr (CnxCacheLock) lock = cnx_cache_lock (folder, file);
  g_autoptr (JsonNode) root = load (folder, file);
  JsonObject *object = json_node_get_object (root);

  json_object_set_string_member (object, "platform", info->platform_name);
  json_object_set_string_member (object, "device", info->name);
  json_object_set_string_member (object, "version", info->version);
  json_object_set_string_member (object, "driver", info->driver);
  json_object_set_string_member (answers_of (root), name, described);
  g_autofree char *text = json_to_string (root, TRUE);
  return cnx_cache_write (folder, file, text, strlen (text), error);
}

gboolean
cnx_tuned_save (CnxDevice * device, int channels, const CnxTuning * tuning, GError ** error)
{
  g_autofree char *path = cnx_cache_path ();
  g_autofree char *file = file_name (device);
  const int folder = cnx_cache_open_folder (path, error);
  const gboolean ok = folder >= 0 && add (device, folder, file, channels, tuning, error);

  if (!ok)
    g_prefix_error (error, "cannot save %s: ", file);
  if (folder >= 0)
    close (folder);
  return ok;
}
