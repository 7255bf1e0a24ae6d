/* Addresses to download from, which may hold what only their owner should see. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What is wrong with @url as an address to download from, or NULL; static. It must be http: or https:, with a host. */
const char *cnx_url_find_wrong (const char *url);

/** @url as it may stand in a message or a log: without its user and password, and with "?..." for its query, in which
 * tokens and signatures stand. Free with g_free(). */
char *cnx_url_shown (const char *url);

G_END_DECLS
