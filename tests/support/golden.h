/* The golden checkpoints' common input. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_GOLDEN_PICTURES 2
#define CNX_GOLDEN_HEIGHT 64
#define CNX_GOLDEN_WIDTH 96

/** The golden input, stored as (n, 3, height, width), as (n, height, width, 3). Free with g_free(). */
float *cnx_test_golden_input (void);

G_END_DECLS
