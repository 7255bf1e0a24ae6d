#include "gst-plugin/engine/engine.h"
#include "core/error.h"
#include "gst-plugin/engine/passes.h"

#include <string.h>

typedef struct _CnxEnginePlace CnxEnginePlace;

struct _CnxEngine
{
  gatomicrefcount refs;
  CnxModel *model;
  CnxDevice *device;
  CnxNetwork *network;
  char *description, *context_type;
  char *stamp;                  /* cnx_model_stamp() before the model was read */
  CnxEnginePlace *given;        /* of its own, for cnx_engine_context() */
  CnxEnginePlace *shared;       /* that it was put into, or NULL */
  CnxPasses *passes;
};

/* ---- places ---- */

/* The place of a network that elements share: there is one for all of the process that ask for the same, and contexts
 * hold it. It keeps no network that no element uses. Who finds the place empty, or what is in it made of files that
 * were replaced since, fills it, while the others wait. */
struct _CnxEnginePlace
{
  gatomicrefcount refs;
  char *type;                   /* of its context, by which it is found; NULL: who gives it means the very network that
                                 * is in it, whatever became of its files, and no other is put there */
  GMutex filling;
  CnxEngine *engine;            /* not owned; under `places` */
};

/* An engine's end and a place's emptying are one, and so are a place's end and its leaving `by_type`. */
static GMutex places;
static GHashTable *by_type;     /* of CnxEnginePlace, not owned, by its own `type`; under `places` */

/* @engine: the one that is given; NULL: a place to be filled. */
static CnxEnginePlace *
place_new (CnxEngine * engine, const char *type)
{
  CnxEnginePlace *place = g_new0 (CnxEnginePlace, 1);

  g_atomic_ref_count_init (&place->refs);
  g_mutex_init (&place->filling);
  place->type = g_strdup (type);
  place->engine = engine;
  return place;
}

static CnxEnginePlace *
place_ref (CnxEnginePlace * place)
{
  g_atomic_ref_count_inc (&place->refs);
  return place;
}

/* The process's, which is there as long as somebody has it. */
static CnxEnginePlace *
place_of_type (const char *type)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&places);

  if (!by_type)
    by_type = g_hash_table_new (g_str_hash, g_str_equal);
  CnxEnginePlace *place = g_hash_table_lookup (by_type, type);
  if (place)
    return place_ref (place);
  place = place_new (NULL, type);
  g_hash_table_insert (by_type, place->type, place);
  return place;
}

/* Returns whether nobody has @place any more; then nobody finds it either. */
static gboolean
leave (CnxEnginePlace * place)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&places);

  if (!g_atomic_ref_count_dec (&place->refs))
    return FALSE;
  if (place->type)
    g_hash_table_remove (by_type, place->type);
  return TRUE;
}

static void
place_unref (CnxEnginePlace * place)
{
  if (!leave (place))
    return;
  g_mutex_clear (&place->filling);
  g_free (place->type);
  g_free (place);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxEnginePlace, place_unref)

static CnxEngine *
place_get (CnxEnginePlace * place)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&places);

  return place->engine ? cnx_engine_ref (place->engine) : NULL;
}

/* What prints messages, as gst-launch-1.0 does, prints the contexts in them. */
static void
print_place (const GValue * place, GValue * text)
{
  CnxEnginePlace *held = g_value_get_boxed (place);
  g_autoptr (CnxEngine) engine = held ? place_get (held) : NULL;

  g_value_set_string (text, engine ? cnx_engine_description (engine) : "a network that is opened when it is needed");
}

#define TYPE_PLACE (cnx_engine_place_get_type ())
static GType cnx_engine_place_get_type (void);
/* *INDENT-OFF* */
G_DEFINE_BOXED_TYPE_WITH_CODE (CnxEnginePlace, cnx_engine_place, place_ref, place_unref,
    g_value_register_transform_func (g_define_type_id, G_TYPE_STRING, print_place))
/* *INDENT-ON* */

/* Returns whether nobody has @engine any more; then no place has. */
static gboolean
let_go (CnxEngine * engine)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&places);

  if (!g_atomic_ref_count_dec (&engine->refs))
    return FALSE;
  engine->given->engine = NULL;
  if (engine->shared && engine->shared->engine == engine)
    engine->shared->engine = NULL;
  return TRUE;
}

static void
put (CnxEngine * engine, CnxEnginePlace * place)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&places);

  place->engine = engine;
  engine->shared = place_ref (place);
}

/* ---- settings ---- */

CnxEngineSettings *
cnx_engine_settings_copy (const CnxEngineSettings * from)
{
  CnxEngineSettings *copy = g_memdup2 (from, sizeof *from);

  copy->model = g_strdup (from->model);
  copy->variant = g_strdup (from->variant);
  copy->labels = g_strdup (from->labels);
  copy->recipe = g_strdup (from->recipe);
  copy->device = g_strdup (from->device);
  return copy;
}

void
cnx_engine_settings_free (CnxEngineSettings * settings)
{
  const char *const strings[] = { settings->model, settings->variant, settings->labels, settings->recipe,
    settings->device
  };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    g_free ((gpointer) strings[i]);
  g_free (settings);
}

/* Pictures at once. */
static guint
batch_of (const CnxEngineSettings * settings)
{
  return MAX (MAX (settings->batch, settings->group), 1);
}

gboolean
cnx_engine_settings_equal (const CnxEngineSettings * a, const CnxEngineSettings * b)
{
  g_autofree char *type_a = cnx_engine_context_type (a), *type_b = cnx_engine_context_type (b);

  return strcmp (type_a, type_b) == 0;
}

/* ---- life ---- */

static gboolean
open_network (CnxEngine * self, const CnxEngineSettings * settings, GError ** error)
{
  self->model = cnx_model_open (settings->model, settings->variant, settings->labels, settings->recipe, error);
  if (!self->model)
    return FALSE;
  self->device = cnx_device_open (settings->device, settings->threads, error);
  if (!self->device)
    return FALSE;
  const CnxRecipe *recipe = cnx_model_recipe (self->model);
  const CnxNetworkOptions options = { recipe->height, recipe->width, batch_of (settings), settings->precision };
  self->network = cnx_network_new (self->device, self->model, &options, error);
  return self->network != NULL;
}

CnxEngine *
cnx_engine_new (const CnxEngineSettings * settings, GError ** error)
{
  g_autoptr (CnxEngine) self = g_new0 (CnxEngine, 1);

  g_atomic_ref_count_init (&self->refs);
  self->given = place_new (self, NULL);
  self->stamp = cnx_model_stamp (settings->model, settings->variant, settings->labels);
  if (!open_network (self, settings, error))
    return NULL;
  const CnxRecipe *recipe = cnx_model_recipe (self->model);
  self->passes = cnx_passes_new (self->network, cnx_device_info (self->device)->is_cpu, error);
  if (!self->passes)
    return NULL;
  self->context_type = cnx_engine_context_type (settings);
  self->description = g_strdup_printf ("%s from %s, %d classes, input %d x %d, in %s on %s (%s)",
      cnx_model_name (self->model), cnx_model_path (self->model), cnx_network_classes (self->network),
      recipe->width, recipe->height, cnx_precision_name (cnx_network_precision (self->network)),
      cnx_device_info (self->device)->name, cnx_device_reason (self->device));
  return g_steal_pointer (&self);
}

CnxEngine *
cnx_engine_ref (CnxEngine * self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
cnx_engine_unref (CnxEngine * self)
{
  if (!let_go (self))
    return;
  place_unref (self->given);
  g_clear_pointer (&self->shared, place_unref);
  g_clear_pointer (&self->passes, cnx_passes_free);
  g_clear_pointer (&self->network, cnx_network_unref);
  g_clear_pointer (&self->device, cnx_device_unref);
  g_clear_pointer (&self->model, cnx_model_unref);
  g_free (self->description);
  g_free (self->context_type);
  g_free (self->stamp);
  g_free (self);
}

CnxModel *
cnx_engine_model (CnxEngine * self)
{
  return self->model;
}

CnxNetwork *
cnx_engine_network (CnxEngine * self)
{
  return self->network;
}

CnxDevice *
cnx_engine_device (CnxEngine * self)
{
  return self->device;
}

const char *
cnx_engine_description (CnxEngine * self)
{
  return self->description;
}

/* ---- passes ---- */

gboolean
cnx_engine_forward (CnxEngine * self, const CnxNetworkInput * picture, guint patience, float *logits, GError ** error)
{
  return cnx_passes_forward (self->passes, picture, 1, patience, logits, error);
}

gboolean
cnx_engine_forward_several (CnxEngine * self, const CnxNetworkInput * pictures, guint n, guint patience, float *logits,
    GError ** error)
{
  return cnx_passes_forward (self->passes, pictures, n, patience, logits, error);
}

void
cnx_engine_count (CnxEngine * self, guint64 * passes, guint64 * pictures)
{
  cnx_passes_count (self->passes, passes, pictures);
}

guint
cnx_engine_largest_pass (CnxEngine * self)
{
  return cnx_passes_largest (self->passes);
}

guint
cnx_engine_waiting (CnxEngine * self)
{
  return cnx_passes_waiting (self->passes);
}

/* ---- sharing ---- */

/* Whether the files that it was read from are still those: gone ones are none to read instead. */
static gboolean
is_current (CnxEngine * engine, const CnxEngineSettings * settings)
{
  g_autofree char *stamp = cnx_model_stamp (settings->model, settings->variant, settings->labels);

  return !stamp || g_strcmp0 (stamp, engine->stamp) == 0;
}

static CnxEngine *
fill (CnxEnginePlace * place, const CnxEngineSettings * settings, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&place->filling);
  g_autoptr (CnxEngine) engine = place_get (place);

  if (engine && is_current (engine, settings))
    return g_steal_pointer (&engine);
  g_clear_pointer (&engine, cnx_engine_unref);
  if (!(engine = cnx_engine_new (settings, error)))
    return NULL;
  put (engine, place);
  return g_steal_pointer (&engine);
}

char *
cnx_engine_context_type (const CnxEngineSettings * settings)
{
  const char *const texts[] = { settings->model, settings->variant, settings->labels, settings->recipe,
    settings->device
  };
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_string_append (all, texts[i] ? texts[i] : "");
    g_string_append_c (all, '\n');
  }
  g_string_append_printf (all, "%u %d %u", settings->threads, settings->precision, batch_of (settings));
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all->str, all->len);
  return g_strconcat ("convnext.engine.", digest, NULL);
}

static GstContext *
context_of (CnxEnginePlace * place, const char *type)
{
  GstContext *context = gst_context_new (type, FALSE);

  gst_structure_set (gst_context_writable_structure (context), "engine", TYPE_PLACE, place, NULL);
  return context;
}

GstContext *
cnx_engine_context (CnxEngine * self)
{
  return context_of (self->given, self->context_type);
}

static CnxEnginePlace *
place_in (GstContext * context)
{
  CnxEnginePlace *place = NULL;

  if (context)
    gst_structure_get (gst_context_get_structure (context), "engine", TYPE_PLACE, &place, NULL);
  return place;
}

CnxEngine *
cnx_engine_from_context (GstContext * context)
{
  g_autoptr (CnxEnginePlace) place = place_in (context);

  return place ? place_get (place) : NULL;
}

/* What the application, or a neighbour, lets @element have for @type; NULL: nothing. */
static GstContext *
ask_for_context (GstElement * element, const char *type)
{
  GstContext *context = gst_element_get_context (element, type);

  if (context)
    return context;
  gst_element_post_message (element, gst_message_new_need_context (GST_OBJECT (element), type));
  return gst_element_get_context (element, type);
}

/* To who may want to give it to others. */
static void
offer (GstElement * element, CnxEnginePlace * place)
{
  GstContext *context = context_of (place, place->type);

  gst_element_set_context (element, context);
  gst_element_post_message (element, gst_message_new_have_context (GST_OBJECT (element), context));
}

CnxEngine *
cnx_engine_find (GstElement * element, const CnxEngineSettings * settings, gboolean offers, GError ** error)
{
  g_autofree char *type = cnx_engine_context_type (settings);
  g_autoptr (GstContext) context = ask_for_context (element, type);
  g_autoptr (CnxEnginePlace) held = place_in (context);
  g_autoptr (CnxEngine) given = held && !held->type ? place_get (held) : NULL;

  if (given)
    return g_steal_pointer (&given);
  g_autoptr (CnxEnginePlace) place = place_of_type (type);
  if (!context && offers)
    offer (element, place);
  return fill (place, settings, error);
}

/* ---- what is told ---- */

static void
post_failure (GstElement * element, GstMessageType type, char *text, const GError * error)
{
  int code = GST_RESOURCE_ERROR_SETTINGS;

  if (g_error_matches (error, CNX_ERROR, CNX_ERROR_DEVICE))
    code = GST_RESOURCE_ERROR_OPEN_READ_WRITE;
  else if (g_error_matches (error, CNX_ERROR, CNX_ERROR_NOT_FOUND))
    code = GST_RESOURCE_ERROR_NOT_FOUND;
  gst_element_message_full (element, type, GST_RESOURCE_ERROR, code, text, NULL, __FILE__, GST_FUNCTION, __LINE__);
}

void
cnx_engine_post_error (GstElement * element, const GError * error)
{
  post_failure (element, GST_MESSAGE_ERROR, cnx_printable (error->message), error);
}

void
cnx_engine_post_warning (GstElement * element, const GError * error)
{
  g_autofree char *text = cnx_printable (error->message);

  post_failure (element, GST_MESSAGE_WARNING, g_strdup_printf ("The network stays as it was: %s", text), error);
}
