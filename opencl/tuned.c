#include "opencl/tuned.h"
#include "core/input/input_file.h"
#include "core/input/json.h"
#include "opencl/program.h"

#define MAX_FILE (1024 * 1024)

char *
cnx_tuned_path (CnxDevice * device)
{
  cl_uint units = 0;

  /* with fewer threads another set may be faster */
  clGetDeviceInfo (cnx_device_id (device), CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  g_autofree char *options = g_strdup_printf ("tuning, %u units", units);
  g_autofree char *key = cnx_program_key (device, NULL, options);
  g_autofree char *name = g_strconcat (key, ".tuning.json", NULL);

  return g_build_filename (g_get_user_cache_dir (), "convnext", name, NULL);
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
  g_autofree char *path = cnx_tuned_path (device);
  gsize length;
  g_autofree char *text = cnx_input_file_load (path, MAX_FILE, &length, NULL);

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
  g_debug ("%s: no such set of tiles: %s", path, wanted);
  return FALSE;
}

/* The answers so far, or an empty file's. */
static JsonNode *
load (const char *path)
{
  gsize length;
  g_autofree char *text = cnx_input_file_load (path, MAX_FILE, &length, NULL);
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

gboolean
cnx_tuned_save (CnxDevice * device, int channels, const CnxTuning * tuning, GError ** error)
{
  const CnxDeviceInfo *info = cnx_device_info (device);
  g_autofree char *path = cnx_tuned_path (device);
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *name = answer_name (tuning->precision, channels);
  g_autofree char *described = cnx_tuning_describe (tuning);
  g_autoptr (JsonNode) root = load (path);
  JsonObject *object = json_node_get_object (root);

  json_object_set_string_member (object, "platform", info->platform_name);
  json_object_set_string_member (object, "device", info->name);
  json_object_set_string_member (object, "version", info->version);
  json_object_set_string_member (object, "driver", info->driver);
  json_object_set_string_member (answers_of (root), name, described);
  g_autofree char *text = json_to_string (root, TRUE);
  g_mkdir_with_parents (dir, 0700);
  return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}
