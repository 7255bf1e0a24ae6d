/* From logits to labels: softmax, top-k, threshold. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxLabel:
 * @id: class index
 * @confidence: softmax probability, 0..1
 */
typedef struct
{
  int id;
  float confidence;
} CnxLabel;

/** Softmax of @logits (@classes of them), then the @k most probable with a confidence of at least @threshold
 * into @out (room for @k), best first, ties by lower id. Returns how many were written. NaN logits give 0.
 * Allocates nothing for k <= 1000; thread-safe. */
guint cnx_labels_top_k (const float *logits, int classes, guint k, float threshold, CnxLabel * out);

G_END_DECLS
