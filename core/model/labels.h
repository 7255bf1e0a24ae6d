/* From logits to labels: confidences, top-k, threshold. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What makes confidences of logits. */
typedef enum
{
  CNX_CONFIDENCE_SOFTMAX,       /* a picture is of one class: all confidences together are 1 */
  CNX_CONFIDENCE_SIGMOID,       /* each class by itself: a picture may be of several, or of none */
} CnxConfidence;

/** "softmax", "sigmoid". Static. */
const char *cnx_confidence_name (CnxConfidence kind);

/**
 * CnxLabel:
 * @id: class index
 * @confidence: 0..1, of the kind that the model has
 */
typedef struct
{
  int id;
  float confidence;
} CnxLabel;

/** Confidences of @logits (@classes of them), then the @k highest that are at least @threshold into @out (room for
 * @k), best first, ties by lower id. Returns how many were written. A NaN, or no finite logit above the others, gives
 * 0. Allocates nothing; thread-safe. */
guint cnx_labels_top_k (CnxConfidence kind, const float *logits, int classes, guint k, float threshold,
    CnxLabel * out);

/** Makes confidences of the @classes @logits, in place. FALSE, with @logits as they were, where cnx_labels_top_k()
 * finds none: a NaN, or no finite logit above the others. Allocates nothing; thread-safe. */
gboolean cnx_labels_confidences (CnxConfidence kind, float *logits, int classes);

/** As cnx_labels_top_k() does, of what are @confidences already. */
guint cnx_labels_best (const float *confidences, int classes, guint k, float threshold, CnxLabel * out);

G_END_DECLS
