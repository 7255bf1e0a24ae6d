/* What the element tests share. The elements are linked in, not loaded as a plugin. */
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "core/model/recipe.h"
#include "gst-plugin/labels/labelmeta.h"

G_BEGIN_DECLS

/** gst_init(), the label meta and the four elements. */
void cnx_test_init_elements (int *argc, char ***argv);

/** A recipe that squashes a frame to @side x @side pixels, in levels of 0..255, so that differences read as such. */
CnxRecipe cnx_test_plain_recipe (int side);

/** A frame of @caps full of seeded noise, at @pts. */
GstBuffer *cnx_test_frame (const char *caps, guint32 seed, GstClockTime pts);

/** SHA-256 of a buffer's bytes. Free with g_free(). */
char *cnx_test_digest (GstBuffer * buffer);

/** How many classifications ride on @buffer. */
guint cnx_test_classifications (GstBuffer * buffer);

/** What downstream offers for buffers (a pool, metas) is what @element offers upstream, whether it works in
 * place or is in passthrough. */
void cnx_test_offers_what_downstream_does (const char *element, const char *caps);

#define CNX_TEST_TOP 5

/**
 * CnxTestAnswer:
 * @n: how many labels there are; of the first CNX_TEST_TOP the others tell
 */
typedef struct
{
  guint n;
  int ids[CNX_TEST_TOP];
  char labels[CNX_TEST_TOP][64];
  double confidences[CNX_TEST_TOP];
} CnxTestAnswer;

/** Writes the first classification on @buffer to @answer, which is left alone without one. Returns whether there is
 * one and no more. */
gboolean cnx_test_only_answer (GstBuffer * buffer, CnxTestAnswer * answer);

/** The running time of the first classification on @buffer; GST_CLOCK_TIME_NONE without one. */
GstClockTime cnx_test_running_time (GstBuffer * buffer);

/** A classifier's own pass, for cnx_classifier_set_forward() with the classifier as its data, that counts itself. */
gboolean cnx_test_forward_counted (gpointer classifier, const float *in, float *logits, GError ** error);
extern guint cnx_test_forwards;

G_END_DECLS
