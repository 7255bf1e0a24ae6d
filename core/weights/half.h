/* Numbers of 16 bits, as weights are stored in. Every function is thread-safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The nearest bf16 or IEEE 754 binary16, ties to even, as its 16 bits; an infinity and a NaN stay what they are. */
guint16 cnx_bf16_from_float (float value);
guint16 cnx_fp16_from_float (float value);
/** Exact. */
float cnx_bf16_to_float (guint16 half);
float cnx_fp16_to_float (guint16 half);

G_END_DECLS
