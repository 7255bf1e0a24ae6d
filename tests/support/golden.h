/* The golden checkpoints' common input, and those of ConvNeXt's relatives. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define CNX_GOLDEN_PICTURES 2
#define CNX_GOLDEN_HEIGHT 64
#define CNX_GOLDEN_WIDTH 96

/** The golden input, stored as (n, 3, height, width), as (n, height, width, 3). Free with g_free(). */
float *cnx_test_golden_input (void);

/** A relative's checkpoint @path, and what the library that it comes from gives for the golden input. */
typedef void (*CnxRelativeFunc) (const char *name, const char *path, JsonObject * golden, gpointer user_data);

/** Calls @func for every checkpoint of relatives. */
void cnx_test_each_relative (CnxRelativeFunc func, gpointer user_data);

/** The largest difference of @got (pictures x @width) from @golden's "logits" or "features", @what. */
double cnx_test_golden_off (JsonObject * golden, const char *what, const float *got, int width);

G_END_DECLS
