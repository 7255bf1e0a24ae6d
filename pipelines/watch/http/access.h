/* Who may come in: a token, or on a loopback address whoever names that address. Pure functions over what a request
 * says; thread-safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxAccessRequest:
 * @authorization, @cookie, @host: the headers' values; NULL: there is none
 * @query: what follows the ? of the address, as it came; NULL: nothing
 */
typedef struct
{
  const char *authorization, *cookie, *host, *query;
} CnxAccessRequest;

/**
 * CnxAccessAnswer:
 * @CNX_ACCESS_GRANTED: come in
 * @CNX_ACCESS_BY_QUERY: come in, by a token in the address, which is better kept in a cookie
 * @CNX_ACCESS_UNKNOWN: there is a token, and the request has it not
 * @CNX_ACCESS_WRONG_HOST: there is none, and the request was meant for another name than this machine's own: a page of
 *   somebody else may have had its name point here
 */
typedef enum
{
  CNX_ACCESS_GRANTED,
  CNX_ACCESS_BY_QUERY,
  CNX_ACCESS_UNKNOWN,
  CNX_ACCESS_WRONG_HOST,
} CnxAccessAnswer;

typedef struct _CnxAccess CnxAccess;

/** @token: NULL: none is needed. @port is part of the cookie's name, for cookies know no ports. Errors:
 * CNX_ERROR_INPUT for a token that a header could not carry: it is of letters, digits and -._~+/=, and not repeated in
 * the message. */
CnxAccess *cnx_access_new (const char *token, guint port, GError ** error);
void cnx_access_free (CnxAccess * access);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxAccess, cnx_access_free)

/** Takes as long for a wrong token as for the right one. */
CnxAccessAnswer cnx_access_check (const CnxAccess * access, const CnxAccessRequest * request);

/** What Set-Cookie has for who came CNX_ACCESS_BY_QUERY; the token is not in it. Owned by @access; NULL: no token. */
const char *cnx_access_cookie (const CnxAccess * access);

/** The value of @key in @query, which may be NULL, decoded; NULL where it is not there, or is no UTF-8. Free with
 * g_free(). */
char *cnx_access_query_value (const char *query, const char *key);

G_END_DECLS
