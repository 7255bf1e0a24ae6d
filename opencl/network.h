/* A model on a device: weights uploaded once in the kernels' layout, then forward passes. */
#pragma once

#include "core/model/model.h"
#include "opencl/device.h"
#include "opencl/frame.h"
#include "opencl/ops/ops.h"

G_BEGIN_DECLS

typedef struct _CnxNetwork CnxNetwork;

/**
 * CnxNetworkOptions:
 * @height, @width: of the pictures
 * @max_batch: at most so many run at once; fewer where the device is faster with fewer
 * @precision: of the products; auto: see cnx_ops_open()
 * @features: forward passes give what the classifier reads (as cnx_reference_features_in() has it) and not logits; such
 *   a network needs no classifier
 */
typedef struct
{
  int height, width, max_batch;
  CnxPrecision precision;
  gboolean features;
} CnxNetworkOptions;

/** Builds the kernels (from the binary cache where it can), packs and uploads the weights on all cores, lets go of
 * the file's pages, and allocates the activations.
 * Errors: CNX_ERROR_INPUT (size, precision), CNX_ERROR_MODEL (no classifier where one is needed),
 * CNX_ERROR_DEVICE.
 * Keeps references to @device; the model may be released afterwards. Free with cnx_network_unref(). */
CnxNetwork *cnx_network_new (CnxDevice * device, CnxModel * model, const CnxNetworkOptions * options,
    GError ** error);
CnxNetwork *cnx_network_ref (CnxNetwork * network);
void cnx_network_unref (CnxNetwork * network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxNetwork, cnx_network_unref)

/** Classifies @n pictures (any @n >= 1; more than max_batch run in several passes).
 * @in: (n, height, width, 3) normalised floats; @logits: (n, cnx_network_outputs()). Blocks until done. Callable
 * from any thread; calls on one network wait for each other. Errors: CNX_ERROR_DEVICE; CNX_ERROR_NUMBERS where a value
 * is not finite, and all of @logits is written, so that cnx_check_finite() tells which picture's. */
gboolean cnx_network_forward (CnxNetwork * network, const float *in, int n, float *logits, GError ** error);

/**
 * CnxNetworkInput:
 * @data: (height, width, 3) normalised floats, or, where there is a @plan, a frame packed by it
 * @plan: not owned; NULL: none
 * @last: room for cnx_network_last_floats() floats, of what the last stage gives for it; NULL: that is not wanted, and
 *   costs nothing
 *
 * One picture, as it goes in.
 */
typedef struct
{
  gconstpointer data;
  CnxFramePlan *plan;
  float *last;
} CnxNetworkInput;

/** Builds what pictures with a plan need. Errors: CNX_ERROR_DEVICE. */
gboolean cnx_network_take_frames (CnxNetwork * network, GError ** error);
/** Whether @picture can be classified. Errors: CNX_ERROR_INPUT for a plan that cnx_frame_plan_fits() not. */
gboolean cnx_network_takes (CnxNetwork * network, const CnxNetworkInput * picture, GError ** error);
/** As cnx_network_forward() of @n @pictures, whether tensors or, after cnx_network_take_frames(), frames packed by one
 * plan or by several. Errors: also CNX_ERROR_INPUT, of cnx_network_takes(), and then none is classified. */
gboolean cnx_network_forward_pictures (CnxNetwork * network, const CnxNetworkInput * pictures, int n, float *logits,
    GError ** error);

/** height/32 x width/32 x the last stage's channels. */
gsize cnx_network_last_floats (CnxNetwork * network);
/** Of a heat map: height/32 and width/32. */
void cnx_network_heat_size (CnxNetwork * network, int *width, int *height);
/** Where in a picture class @id was seen: @map, height/32 x width/32 floats from 0 to 1, as cnx_heat_map() makes it of
 * what the last stage gave for the picture. For any thread; it may wait for a pass the first time that a class is asked
 * for. Errors: CNX_ERROR_MODEL as cnx_heat_check(), or for a network that gives features; CNX_ERROR_DEVICE. */
gboolean cnx_network_heat (CnxNetwork * network, const float *last, int id, float *map, GError ** error);

int cnx_network_classes (CnxNetwork * network);
/** What a picture gets: as many logits as there are classes, or cnx_arch_features(). */
int cnx_network_outputs (CnxNetwork * network);
/** What it runs in: never auto. For any thread. */
CnxPrecision cnx_network_precision (CnxNetwork * network);
/** How many pictures run at once at most: what was asked for, or fewer. */
int cnx_network_batch (CnxNetwork * network);
/** Of int8's inputs, for the reference. */
int cnx_network_levels (CnxNetwork * network);

/** From now on every kernel is timed by the device, which costs a little. Errors: CNX_ERROR_DEVICE. */
gboolean cnx_network_profile_start (CnxNetwork * network, GError ** error);
/** What ran since the last call, as cnx_ops_profile_take() has it. Free with g_array_unref(). */
GArray *cnx_network_profile_take (CnxNetwork * network);

G_END_DECLS
