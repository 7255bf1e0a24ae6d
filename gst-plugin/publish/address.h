/* Addresses of brokers: scheme://[user@]host[:port][,host[:port]...]/topic. Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxHost:
 * @name: a name or a number, IPv6 without its brackets
 * @port: 0 where the address has none
 */
typedef struct
{
  char *name;
  guint16 port;
} CnxHost;

/**
 * CnxAddress:
 * @user: NULL where it has none
 * @hosts, @n_hosts: at least one
 * @topic: what is behind the first "/", not empty, with %XX as the bytes that it stands for
 *
 * Immutable. Free with cnx_address_free().
 */
typedef struct
{
  char *user, *topic;
  CnxHost *hosts;
  guint n_hosts;
} CnxAddress;

/** Of a @location that has "://" in it. Errors: CNX_ERROR_INPUT for one of another form, for a NUL in it (%00), and for
 * a password, which everybody who lists processes would see. No message holds more of it than the scheme, for what is
 * wrong in it may be one. */
CnxAddress *cnx_address_parse (const char *location, GError ** error);
void cnx_address_free (CnxAddress * address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxAddress, cnx_address_free)

G_END_DECLS
