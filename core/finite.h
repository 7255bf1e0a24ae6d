/* Whether what a network gives can be used. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Whether @values, @n rows of @count, are finite numbers. FALSE and CNX_ERROR_NUMBERS where one is not: the weights
 * are broken, numbers overflow in the precision that runs, or the device computes wrong. Thread-safe. */
gboolean cnx_check_finite (const float *values, int n, int count, GError ** error);

G_END_DECLS
