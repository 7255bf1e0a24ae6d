#include "gst-plugin/classifier.h"

#include "core/error.h"
#include "opencl/network.h"

/* The model that ships, used when nothing else is asked for. */
#define DEFAULT_MODEL "everyday"

/* What is in the slot. */
typedef enum
{
  SLOT_FREE,
  SLOT_CLAIMED,                 /* being filled, or run by the thread that claimed it */
  SLOT_SUBMITTED,               /* the worker's, until its pass is done */
} SlotState;

struct _CnxClassifier
{
  CnxModel *model;
  CnxNetwork *network;
  char *description;
  CnxForwardFunc forward;
  gpointer forward_data;

  /* Written by whoever owns the slot. */
  float *tensor;
  float *logits;
  CnxClassifyRequest request;

  GMutex lock;                  /* guards what follows */
  GCond changed;
  SlotState slot;
  GThread *worker;
  gboolean stopping;
  gboolean forgotten;           /* reset while the worker was in a pass: its result is dropped */
  CnxResult *finished;
  GError *failure;
};

CnxResult *
cnx_result_ref (CnxResult * result)
{
  return g_atomic_rc_box_acquire (result);
}

void
cnx_result_unref (CnxResult * result)
{
  g_atomic_rc_box_release (result);
}

/* The user's folder, which is also where an error tells people to put a download. */
static char *
user_model_dir (void)
{
  return g_build_filename (g_get_user_data_dir (), "convnext", "models", NULL);
}

/* Each once: the standard's lists and ours may name the same folder. */
static void
add_dir (GPtrArray * dirs, const char *dir)
{
  if (!g_ptr_array_find_with_equal_func (dirs, dir, g_str_equal, NULL))
    g_ptr_array_add (dirs, g_strdup (dir));
}

char **
cnx_classifier_model_dirs (void)
{
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  const char *path = g_getenv ("CONVNEXT_MODEL_PATH");
  g_auto (GStrv) listed = g_strsplit (path ? path : "", G_SEARCHPATH_SEPARATOR_S, -1);
  g_autofree char *user = user_model_dir ();
  const char *const *system_dirs = g_get_system_data_dirs ();

  for (guint i = 0; listed[i]; i++) {
    if (*listed[i])
      add_dir (dirs, listed[i]);
  }
  add_dir (dirs, user);
  for (guint i = 0; system_dirs[i]; i++) {
    g_autofree char *dir = g_build_filename (system_dirs[i], "convnext", "models", NULL);
    add_dir (dirs, dir);
  }
  add_dir (dirs, CNX_SYSTEM_MODEL_DIR);
  add_dir (dirs, CNX_SOURCE_MODEL_DIR);
  g_ptr_array_add (dirs, NULL);
  return (char **) g_ptr_array_steal (dirs, NULL);
}

static gboolean
is_set (const char *text)
{
  return text && *text;
}

static const CnxVariant *
find_variant (const char *name, GError ** error)
{
  const CnxVariant *variant = cnx_variant_find (name);
  g_autoptr (GString) known = NULL;

  if (variant)
    return variant;
  known = g_string_new (NULL);
  for (const CnxVariant * v = cnx_variants (); v->name; v++)
    g_string_append_printf (known, "%s%s", known->len ? ", " : "", v->name);
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND,
      "no variant is called \"%s\"; the variants are %s. A model of one's own is set by `model`",
      name, known->str);
  return NULL;
}

/* A path that is there is taken as it is; a word without a slash is a model's name. */
static char *
find_weights (const CnxClassifierSettings * settings, const CnxVariant * variant, GError ** error)
{
  const char *name = DEFAULT_MODEL;
  g_autofree char *user = user_model_dir ();
  g_auto (GStrv) dirs = NULL;

  if (is_set (settings->model)) {
    gboolean is_path = strchr (settings->model, G_DIR_SEPARATOR) != NULL;

    if (is_path || g_file_test (settings->model, G_FILE_TEST_EXISTS))
      return g_strdup (settings->model);
    name = settings->model;
  } else if (variant) {
    name = variant->name;
  }
  dirs = cnx_classifier_model_dirs ();
  return cnx_model_find (name, (const char *const *) dirs, user, error);
}

static char *
describe_arch (const CnxArch * arch)
{
  return g_strdup_printf ("version %d, depths %d,%d,%d,%d, dims %d,%d,%d,%d", arch->version,
      arch->depths[0], arch->depths[1], arch->depths[2], arch->depths[3],
      arch->dims[0], arch->dims[1], arch->dims[2], arch->dims[3]);
}

static gboolean
check_variant (CnxModel * model, const CnxVariant * variant, GError ** error)
{
  const CnxVariant *found = cnx_variant_of (cnx_model_arch (model));
  g_autofree char *wanted_arch = NULL, *found_arch = NULL;

  if (!variant || found == variant)
    return TRUE;
  wanted_arch = describe_arch (&variant->arch);
  found_arch = describe_arch (cnx_model_arch (model));
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL,
      "the model in %s is %s (%s), not the variant %s that was asked for (%s): set `variant` to what it is, "
      "or leave it out", cnx_model_path (model), found ? found->name : "no published variant",
      found_arch, variant->name, wanted_arch);
  return FALSE;
}

static CnxModel *
load_model (const CnxClassifierSettings * settings, GError ** error)
{
  const CnxVariant *variant = NULL;
  g_autofree char *path = NULL;
  g_autoptr (CnxModel) model = NULL;

  if (is_set (settings->variant) && !(variant = find_variant (settings->variant, error)))
    return NULL;
  if (!(path = find_weights (settings, variant, error)))
    return NULL;
  if (!(model = cnx_model_load (path, error)))
    return NULL;
  if (!check_variant (model, variant, error))
    return NULL;
  if (is_set (settings->labels))
    return cnx_model_with_labels (model, settings->labels, error);
  return g_steal_pointer (&model);
}

CnxClassifier *
cnx_classifier_new (const CnxClassifierSettings * settings, GError ** error)
{
  g_autoptr (CnxModel) model = load_model (settings, error);
  g_autoptr (CnxDevice) device = NULL;
  g_autoptr (CnxNetwork) network = NULL;
  const CnxRecipe *recipe;
  CnxClassifier *self;

  if (!model)
    return NULL;
  if (!(device = cnx_device_open (settings->device, settings->threads, error)))
    return NULL;
  recipe = cnx_model_recipe (model);
  network = cnx_network_new (device, model, recipe->height, recipe->width, 1, error);
  if (!network)
    return NULL;

  self = g_new0 (CnxClassifier, 1);
  self->description = g_strdup_printf ("%s from %s, %d classes, input %d x %d, on %s (%s)",
      cnx_model_name (model), cnx_model_path (model), cnx_network_classes (network),
      recipe->width, recipe->height, cnx_device_info (device)->name, cnx_device_reason (device));
  self->tensor = g_new0 (float, (gsize) recipe->height * recipe->width * 3);
  self->logits = g_new0 (float, cnx_network_classes (network));
  self->model = g_steal_pointer (&model);
  self->network = g_steal_pointer (&network);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  cnx_classifier_set_forward (self, NULL, NULL);
  return self;
}

void
cnx_classifier_free (CnxClassifier * self)
{
  cnx_classifier_stop (self);
  cnx_network_unref (self->network);
  cnx_model_unref (self->model);
  g_free (self->description);
  g_free (self->tensor);
  g_free (self->logits);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

CnxModel *
cnx_classifier_model (CnxClassifier * self)
{
  return self->model;
}

const char *
cnx_classifier_description (CnxClassifier * self)
{
  return self->description;
}

gboolean
cnx_classifier_forward (gpointer user_data, const float *in, float *logits, GError ** error)
{
  CnxClassifier *self = user_data;

  return cnx_network_forward (self->network, in, 1, logits, error);
}

void
cnx_classifier_set_forward (CnxClassifier * self, CnxForwardFunc forward, gpointer user_data)
{
  self->forward = forward ? forward : cnx_classifier_forward;
  self->forward_data = forward ? user_data : self;
}

float *
cnx_classifier_claim (CnxClassifier * self, gboolean wait)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (wait && self->slot == SLOT_SUBMITTED)
    g_cond_wait (&self->changed, &self->lock);
  if (self->slot != SLOT_FREE)
    return NULL;
  self->slot = SLOT_CLAIMED;
  return self->tensor;
}

void
cnx_classifier_release (CnxClassifier * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->slot = SLOT_FREE;
}

/* The pass itself, by the slot's owner, without the lock. */
static CnxResult *
classify (CnxClassifier * self, GError ** error)
{
  int classes = cnx_network_classes (self->network);
  guint k = MIN (self->request.top_k, (guint) classes);
  CnxResult *result;

  if (!self->forward (self->forward_data, self->tensor, self->logits, error))
    return NULL;
  result = g_atomic_rc_box_alloc0 (sizeof (CnxResult) + k * sizeof (CnxLabel));
  result->running_time = self->request.running_time;
  result->n = cnx_labels_top_k (self->logits, classes, k, self->request.threshold, result->labels);
  return result;
}

CnxResult *
cnx_classifier_run (CnxClassifier * self, const CnxClassifyRequest * request, GError ** error)
{
  CnxResult *result;

  self->request = *request;
  result = classify (self, error);
  cnx_classifier_release (self);
  return result;
}

/* With the lock held. */
static void
forget_finished (CnxClassifier * self)
{
  g_clear_pointer (&self->finished, cnx_result_unref);
  g_clear_error (&self->failure);
}

static gpointer
work (gpointer user_data)
{
  CnxClassifier *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (;;) {
    g_autoptr (CnxResult) result = NULL;
    g_autoptr (GError) failure = NULL;

    while (!self->stopping && self->slot != SLOT_SUBMITTED)
      g_cond_wait (&self->changed, &self->lock);
    if (self->stopping)
      return NULL;

    g_mutex_unlock (&self->lock);
    result = classify (self, &failure);
    g_mutex_lock (&self->lock);

    if (!self->forgotten) {
      forget_finished (self);
      self->finished = g_steal_pointer (&result);
      self->failure = g_steal_pointer (&failure);
    }
    self->forgotten = FALSE;
    self->slot = SLOT_FREE;
    g_cond_broadcast (&self->changed);
  }
}

gboolean
cnx_classifier_submit (CnxClassifier * self, const CnxClassifyRequest * request, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->worker)
    self->worker = g_thread_try_new ("convnext", work, self, error);
  if (!self->worker) {
    self->slot = SLOT_FREE;
    return FALSE;
  }
  self->request = *request;
  self->slot = SLOT_SUBMITTED;
  g_cond_broadcast (&self->changed);
  return TRUE;
}

CnxResult *
cnx_classifier_take (CnxClassifier * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->failure)
    g_propagate_error (error, g_steal_pointer (&self->failure));
  return g_steal_pointer (&self->finished);
}

void
cnx_classifier_reset (CnxClassifier * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  forget_finished (self);
  self->forgotten = self->slot == SLOT_SUBMITTED;
}

void
cnx_classifier_stop (CnxClassifier * self)
{
  GThread *worker;

  cnx_classifier_reset (self);
  g_mutex_lock (&self->lock);
  worker = g_steal_pointer (&self->worker);
  self->stopping = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (worker)
    g_thread_join (worker);
  self->stopping = FALSE;
  self->forgotten = FALSE;
  self->slot = SLOT_FREE;
}
