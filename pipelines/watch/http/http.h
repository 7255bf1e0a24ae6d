/* A server of what is known of the cameras: a page, JSON, events as they happen, and metrics.
 *
 *   /                      the page
 *   /cameras               JSON: what classifies, and all cameras
 *   /cameras/NAME/picture  the newest, JPEG
 *   /cameras/NAME/events   JSON: the last hour's changes of the first label
 *   /events                server-sent events, see streams.h
 *   /metrics               Prometheus' text format
 *   /healthz               200 as long as anything is answered: a camera that is away is no reason to start again.
 *                          JSON: status, cameras, connected; without a token, the status alone
 *
 * On the main context's thread. */
#pragma once

#include "pipelines/watch/board.h"

G_BEGIN_DECLS

/**
 * CnxHttpSettings:
 * @listen: HOST:PORT; port 0: any that is free
 * @token: what requests have to have, as Authorization: Bearer, as ?token= or as the cookie that / gives for that;
 *   NULL: none is needed, and @listen has to be a loopback address
 * @device, @precision, @model: what classifies, to be shown; NULL: unknown
 */
typedef struct
{
  const char *listen, *token, *device, *precision, *model;
} CnxHttpSettings;

typedef struct _CnxHttp CnxHttp;

/** Serves from now on, whenever the main context runs. @settings are copied; @board has to outlive it. Errors:
 * CNX_ERROR_INPUT, CNX_ERROR_NOT_FOUND: what is wrong with the address or the token, or that there has to be one. */
CnxHttp *cnx_http_new (CnxBoard * board, const CnxHttpSettings * settings, GError ** error);
/** Ends all connections. */
void cnx_http_free (CnxHttp * http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxHttp, cnx_http_free)

guint cnx_http_port (const CnxHttp * http);

/** What classifies from now on; each is copied, and may be NULL. */
void cnx_http_set_facts (CnxHttp * http, const char *device, const char *precision, const char *model);

G_END_DECLS
