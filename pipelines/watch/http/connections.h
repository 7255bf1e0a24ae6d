/* Who is connected to the server, and for how long at most: libsoup waits for ever, takes any number, and reads
 * whatever it is sent. On the main context's thread. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/** Most connections at a time, and of one address. */
#define CNX_CONNECTIONS_MOST 512
#define CNX_CONNECTIONS_MOST_OF_ONE 256

typedef struct _CnxConnections CnxConnections;

/** Listens on @address and hands @server what connects. A request's head has 10 s to come, its answer 60 s to be read;
 * then the connection ends. One with a body is refused at once, and the body not read. Errors: CNX_ERROR_INPUT, where
 * it cannot listen there. */
CnxConnections *cnx_connections_new (SoupServer * server, GInetSocketAddress * address, GError ** error);
void cnx_connections_free (CnxConnections * connections);

/** Where it listens: what was asked for, but the port that 0 became. */
guint cnx_connections_port (const CnxConnections * connections);

/** The answer to @message may take for ever. */
void cnx_connections_let_stay (CnxConnections * connections, SoupServerMessage * message);
/** Ends the connection of @message, whatever is still to be sent. */
void cnx_connections_cut (CnxConnections * connections, SoupServerMessage * message);

G_END_DECLS
