#include "tests/gst/engine/change.h"

#include <string.h>

/* ---- models ---- */

CnxChangeModels cnx_change_models;

char *
cnx_change_write_model (const char *name, int classes)
{
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {4, 4, 4, 4},.classes = classes };
  g_autoptr (GString) config = g_string_new (NULL);
  char *dir = g_build_filename (cnx_change_models.root, name, NULL);

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, classes, NULL));
  g_string_printf (config, "{\"architecture\": \"%s\", \"pretrained_cfg\": {\"input_size\": [3, 32, 32]}, "
      "\"label_names\": [", name);
  for (int i = 0; i < classes; i++)
    g_string_append_printf (config, "%s\"%s %d\"", i ? ", " : "", name, i);
  g_string_append (config, "]}");
  g_free (cnx_test_write_text (dir, "config.json", config->str));
  return dir;
}

void
cnx_change_init (int *argc, char ***argv)
{
  CnxChangeModels *all = &cnx_change_models;

  g_test_init (argc, argv, NULL);
  cnx_test_init_elements (argc, argv);
  all->root = cnx_test_make_dir ();
  all->first = cnx_change_write_model ("first", 2);
  all->second = cnx_change_write_model ("second", 2);
  all->third = cnx_change_write_model ("third", 3);
  all->labels = cnx_test_write_text (all->root, "labels.txt", "given 0\ngiven 1\n");
}

int
cnx_change_run (void)
{
  CnxChangeModels *all = &cnx_change_models;
  const int status = g_test_run ();

  g_free (all->first);
  g_free (all->second);
  g_free (all->third);
  g_free (all->labels);
  cnx_test_remove_dir (all->root);
  return status;
}

/* ---- a disk that takes its time ---- */

static struct
{
  GMutex lock;
  GCond changed;
  guint begun;
  gboolean held;
} disk;

static CnxEngine *
open_from_disk (gpointer user_data, GstElement * element, const CnxEngineSettings * settings, GError ** error)
{
  g_mutex_lock (&disk.lock);
  disk.begun++;
  g_cond_broadcast (&disk.changed);
  while (disk.held)
    g_cond_wait (&disk.changed, &disk.lock);
  g_mutex_unlock (&disk.lock);
  return cnx_engine_find (element, settings, FALSE, error);
}

void
cnx_change_hold_disk (gboolean held)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&disk.lock);

  disk.held = held;
  g_cond_broadcast (&disk.changed);
}

void
cnx_change_await_loads (guint begun)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&disk.lock);

  while (disk.begun < begun)
    g_cond_wait (&disk.changed, &disk.lock);
}

/* ---- an element, and frames through it ---- */

CnxChangeRig
cnx_change_open (const char *mode)
{
  g_autofree char *line = g_strdup_printf ("convnext mode=%s threshold=0 precision=fp32 model=%s", mode,
      cnx_change_models.first);
  CnxChangeRig rig = { gst_harness_new_parse (line), NULL, gst_bus_new () };

  rig.element = gst_harness_find_element (rig.harness, "convnext");
  gst_element_set_bus (rig.element, rig.bus);
  gst_harness_set_src_caps_str (rig.harness, CNX_CHANGE_CAPS);
  disk.begun = 0;
  disk.held = FALSE;
  cnx_loader_set_open (gst_convnext_loader (GST_CONVNEXT (rig.element)), open_from_disk, NULL);
  return rig;
}

void
cnx_change_close (CnxChangeRig * rig)
{
  gst_element_set_bus (rig->element, NULL);
  gst_harness_teardown (rig->harness);
  gst_object_unref (rig->element);
  gst_object_unref (rig->bus);
}

CnxEngine *
cnx_change_engine (GstElement * element)
{
  return cnx_classifier_engine (gst_convnext_classifier (GST_CONVNEXT (element)));
}

static gboolean
keep (const CnxMetaLabels * labels, gpointer user_data)
{
  CnxChangeAnswer *answer = user_data;

  g_strlcpy (answer->model, labels->model, sizeof answer->model);
  if (labels->n == 0)
    return TRUE;
  g_strlcpy (answer->label, labels->labels[0].label, sizeof answer->label);
  answer->confidence = labels->labels[0].confidence;
  return TRUE;
}

CnxChangeAnswer
cnx_change_push (CnxChangeRig * rig)
{
  static guint frames;
  CnxChangeAnswer answer = { "", "", 0 };
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (rig->harness,
      cnx_test_frame (CNX_CHANGE_CAPS, 1, 40 * GST_MSECOND * frames++));

  g_assert_nonnull (out);
  g_assert_cmpuint (cnx_label_meta_foreach (out, keep, &answer), <=, 1);
  if (*answer.label)
    g_assert_true (g_str_has_prefix (answer.label, answer.model) || g_str_has_prefix (answer.label, "given "));
  return answer;
}

/* Frames of either model flow until something is told. */
static GstMessage *
push_until_told (CnxChangeRig * rig)
{
  GstMessage *message;

  while (!(message = gst_bus_pop_filtered (rig->bus, CNX_CHANGE_TOLD))) {
    cnx_change_push (rig);
    g_usleep (1000);
  }
  return message;
}

void
cnx_change_check_told (CnxChangeRig * rig, const char *model, const char *previous)
{
  g_autoptr (GstMessage) message = push_until_told (rig);
  double seconds = -1;

  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
  g_assert_true (GST_MESSAGE_SRC (message) == GST_OBJECT (rig->element));
  const GstStructure *structure = gst_message_get_structure (message);
  g_assert_cmpstr (gst_structure_get_name (structure), ==, "convnext-model");
  g_assert_cmpstr (gst_structure_get_string (structure, "model"), ==, model);
  g_assert_cmpstr (gst_structure_get_string (structure, "previous"), ==, previous);
  g_assert_true (gst_structure_get_double (structure, "seconds", &seconds));
  g_assert_cmpfloat (seconds, >=, 0);
}

void
cnx_change_check_warned (CnxChangeRig * rig, const char *part)
{
  g_autoptr (GstMessage) message = push_until_told (rig);
  g_autoptr (GError) warning = NULL;

  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &warning, NULL);
  g_assert_nonnull (strstr (warning->message, part));
}

void
cnx_change_check_model (CnxChangeRig * rig, const char *path, const char *name)
{
  g_autofree char *model = NULL;

  g_object_get (rig->element, "model", &model, NULL);
  g_assert_cmpstr (model, ==, path);
  g_assert_cmpstr (cnx_change_push (rig).model, ==, name);
}
