/* JSON as it is written, piece by piece, by those who choose its spaces and lines themselves. Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Appends @text as a JSON string, with its quotes; what is no UTF-8 in it is replaced. */
void cnx_json_append_text (GString * out, const char *text);

/** Appends @value with at most @digits behind the point, and none that are 0; never in the form 1e-5; never -0. What is
 * no finite number is JSON's null. */
void cnx_json_append_number (GString * out, double value, int digits);

G_END_DECLS
