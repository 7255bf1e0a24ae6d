/* How long to wait before something that fails is tried again. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_BACKOFF_LEAST 1.0   /* seconds */
#define CNX_BACKOFF_MOST 60.0
#define CNX_BACKOFF_JITTER 0.2  /* of it, more or less: so that cameras of one server do not come back as one */

/** The seconds before try @attempt, from 0 on: 1, 2, 4 ... 60; @random (0..1) moves it within the jitter. */
double cnx_backoff (guint attempt, double random);

G_END_DECLS
