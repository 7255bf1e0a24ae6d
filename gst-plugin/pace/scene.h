/* Whether a frame shows what the last one that was classified did, or something else altogether. */
#pragma once

#include "core/model/recipe.h"

G_BEGIN_DECLS

#define CNX_SCENE_SIDE 32

/**
 * CnxSceneRule:
 * @threshold: what differs by less shows the same, 0..1; 0, below it and NaN: nothing does
 * @asked: what is asked of a frame, as a number
 * @settles: how long (ns of running time) the answers to what shows the same go on changing, as they are averaged
 * @cut: what differs by more has nothing to do with what was before, 0..1; 0, below it and NaN: nothing differs so much
 * @unanswered: there is no answer any more to what was asked before: what shows the same is asked again
 */
typedef struct
{
  double threshold;
  guint asked;
  guint64 settles;
  double cut;
  gboolean unanswered;
} CnxSceneRule;

/**
 * CnxSceneAnswer:
 * @CNX_SCENE_STANDS: the frame shows the same as the last one that did not, is asked the same, and its answers have
 *   settled: it is not to be classified
 * @CNX_SCENE_CHANGES: it is to be classified
 * @CNX_SCENE_CUTS: so it is, and what was found before is to be forgotten
 */
typedef enum
{
  CNX_SCENE_STANDS,
  CNX_SCENE_CHANGES,
  CNX_SCENE_CUTS,
} CnxSceneAnswer;

/**
 * CnxScene:
 * @known: there is one
 * @asked: what was asked of it
 * @since: the running time of the first frame that showed the same, as far as that is known; else G_MAXUINT64
 * @grey: the last classified frame's, of cnx_scene_grey()
 *
 * All zero is none. For one thread.
 */
typedef struct
{
  gboolean known;
  guint asked;
  guint64 since;
  float grey[CNX_SCENE_SIDE * CNX_SCENE_SIDE];
} CnxScene;

/** Writes the network's input @tensor, height x width x 3 floats as @recipe makes them, to @grey: CNX_SCENE_SIDE rows
 * of as many means, of BT.601's luma of the pixels in 0..1. */
void cnx_scene_grey (const float *tensor, const CnxRecipe * recipe, float *grey);

/** The mean absolute difference of two such, in 0..1. */
double cnx_scene_difference (const float *a, const float *b);

/** Whether frames are looked at by @rule; else it costs nothing, and needs no tensor. */
gboolean cnx_scene_looks (const CnxSceneRule * rule);

/** What the frame of @tensor, at the running time @now (G_MAXUINT64 if unknown), shows. One that does not stand takes
 * the place of the last. What stands by @threshold does so though it differs by more than @cut. */
CnxSceneAnswer cnx_scene_judge (CnxScene * scene, const CnxSceneRule * rule, guint64 now, const float *tensor,
    const CnxRecipe * recipe);

/** There is none any more: the next frame does not stand, nor is it a cut. */
void cnx_scene_forget (CnxScene * scene);

G_END_DECLS
