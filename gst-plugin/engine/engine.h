/* A model on a device, which several elements may share: its weights are held once, and what they ask for at about the
 * same time runs as one batch.
 *
 * All elements of a process that ask for the same have the same one, unless their application gives them another by a
 * GstContext, whose type says what the engine was made with. */
#pragma once

#include <gst/gst.h>

#include "core/model/model.h"
#include "core/model/precision.h"
#include "opencl/network.h"

G_BEGIN_DECLS

typedef struct _CnxEngine CnxEngine;

/**
 * CnxEngineSettings:
 * @model: a weights file, a folder that holds one, or a model's name; NULL or "": found by @variant
 * @variant: a published variant's name; NULL or "": any. With @model it is what the model must be.
 *   With neither, the model that ships ("everyday").
 * @labels: a text file, one label per line in class order; NULL or "": the model's own
 * @recipe: as cnx_recipe_override() takes it; NULL or "": the model's own
 * @device: as cnx_device_open() takes it
 * @threads: of a CPU device; 0: all
 * @precision: as cnx_network_new() takes it
 * @batch: at most so many frames run at once; 0: 1
 * @group: and so many pictures that belong together, if that is more
 */
typedef struct
{
  const char *model;
  const char *variant;
  const char *labels;
  const char *recipe;
  const char *device;
  guint threads;
  CnxPrecision precision;
  guint batch, group;
} CnxEngineSettings;

/** A copy, with strings of its own. Free with cnx_engine_settings_free(). */
CnxEngineSettings *cnx_engine_settings_copy (const CnxEngineSettings * settings);
void cnx_engine_settings_free (CnxEngineSettings * settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxEngineSettings, cnx_engine_settings_free)
/** Whether both ask for the same. */
gboolean cnx_engine_settings_equal (const CnxEngineSettings * a, const CnxEngineSettings * b);

/** Finds and loads the model, checks it against the variant, opens the device and builds the network.
 * Takes from a fraction of a second to several, when kernels are built for the first time.
 * Errors: those of cnx_model_open(), cnx_device_open() and cnx_network_new().
 * Free with cnx_engine_unref(). */
CnxEngine *cnx_engine_new (const CnxEngineSettings * settings, GError ** error);
CnxEngine *cnx_engine_ref (CnxEngine * engine);
void cnx_engine_unref (CnxEngine * engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxEngine, cnx_engine_unref)

/** Owned by the engine; each may be used from any thread. */
CnxModel *cnx_engine_model (CnxEngine * engine);
CnxNetwork *cnx_engine_network (CnxEngine * engine);
CnxDevice *cnx_engine_device (CnxEngine * engine);
/** One sentence for the log: the model, its size, the precision that runs, the device and why that one. Owned by the
 * engine. */
const char *cnx_engine_description (CnxEngine * engine);

/** Classifies one picture, as cnx_network_forward_pictures() does, together with those that other threads ask for while
 * a pass runs, and while this one waits: up to @patience (microseconds) for as many as run at once. A pass begins as
 * soon as one of those that wait has waited enough, and takes others along that would have waited longer. Blocks until
 * done; callable from any thread. Errors, of this picture's alone: CNX_ERROR_INPUT, CNX_ERROR_NUMBERS; of the pass's:
 * CNX_ERROR_DEVICE. */
gboolean cnx_engine_forward (CnxEngine * engine, const CnxNetworkInput * picture, guint patience, float *logits,
    GError ** error);

/** The same of @n @pictures, at least one, that belong together and are in one pass; those that fill one, or need more
 * than one, wait for no others, nor do others go along. Errors: CNX_ERROR_INPUT and CNX_ERROR_NUMBERS for one of them,
 * CNX_ERROR_DEVICE. */
gboolean cnx_engine_forward_several (CnxEngine * engine, const CnxNetworkInput * pictures, guint n, guint patience,
    float *logits, GError ** error);

/** How many passes it has begun so far, for all who share it, and how many pictures were in them. For any thread. */
void cnx_engine_count (CnxEngine * engine, guint64 * passes, guint64 * pictures);

/** How many pictures the largest pass so far had. For tests, and for tuning. */
guint cnx_engine_largest_pass (CnxEngine * engine);
/** How many pictures wait for a pass now. For tests. */
guint cnx_engine_waiting (CnxEngine * engine);

/** The type of the context that holds an engine of these settings. Free with g_free(). */
char *cnx_engine_context_type (const CnxEngineSettings * settings);
/** A context for elements that are to have this very @engine, for as long as somebody holds it: the context does not.
 * Free with gst_context_unref(). */
GstContext *cnx_engine_context (CnxEngine * engine);
/** The engine that elements with @context share; NULL where none does now. Free with cnx_engine_unref(). */
CnxEngine *cnx_engine_from_context (GstContext * context);

/** The engine of these settings that the application gave @element, or else the one that the process's elements share,
 * which, if @offers, is offered by a HAVE_CONTEXT message and stays in @element's contexts; a new one where there is
 * none, and where other files stand now where that one was read from. Who asks at the same time gets the same one. For
 * any thread. Errors: those of cnx_engine_new(). Free with cnx_engine_unref(). */
CnxEngine *cnx_engine_find (GstElement * element, const CnxEngineSettings * settings, gboolean offers, GError ** error);

/** Posts an error message of @element's, of why there is no engine. */
void cnx_engine_post_error (GstElement * element, const GError * error);
/** The same as a warning, where there is another that stays in use. */
void cnx_engine_post_warning (GstElement * element, const GError * error);

G_END_DECLS
