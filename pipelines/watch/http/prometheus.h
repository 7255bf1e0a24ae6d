/* Pieces of Prometheus' text format 0.0.4. Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The lines of HELP and TYPE, of which each name has one. */
void cnx_prometheus_append_head (GString * out, const char *name, const char *type, const char *help);

/** @value as short as it can be said, to 15 digits. */
void cnx_prometheus_append_number (GString * out, double value);

/** @text as it stands between the quotes of a label's value; what is no UTF-8 in it is replaced. */
void cnx_prometheus_append_escaped (GString * out, const char *text);

G_END_DECLS
