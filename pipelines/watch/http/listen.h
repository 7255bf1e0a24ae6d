/* Where the server listens: what a person writes, as an address. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** The address of @text, HOST:PORT, where HOST is a name, an IPv4 address or an IPv6 one in brackets; a name is looked
 * up, which may wait. Errors: CNX_ERROR_INPUT where it is not of that form, CNX_ERROR_NOT_FOUND where there is no such
 * host; with @text in them. */
GInetSocketAddress *cnx_listen_address (const char *text, GError ** error);

/** Whether nothing but this machine reaches @address. */
gboolean cnx_listen_is_own (GInetSocketAddress * address);

G_END_DECLS
