/* Tells the service manager how we are, by the protocol of sd_notify(3): datagrams to a socket that it names in the
 * environment. Where it names none nothing is told, and nothing else is different.
 *
 * All calls are the main context's thread's. None waits: what the manager has no room for now is told a little later,
 * where it is not out of date by then. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The longest text of a status, in bytes; what is longer is cut. */
#define CNX_NOTIFY_STATUS 1000

typedef struct _CnxNotify CnxNotify;

/**
 * Reads what the manager has left in the environment, and takes it out there, so that no child speaks for us: call it
 * before there are other threads, which might read the environment.
 *
 * $NOTIFY_SOCKET: an absolute path, or "@" and a name in the abstract namespace. Another, and one that is too long for
 * a socket's address, is as none. $WATCHDOG_USEC: how long we may say nothing, and $WATCHDOG_PID: who is meant.
 *
 * Free with cnx_notify_free().
 */
CnxNotify *cnx_notify_new (void);
void cnx_notify_free (CnxNotify * notify);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxNotify, cnx_notify_free)

/** Whether somebody is told. */
gboolean cnx_notify_is_told (const CnxNotify * notify);

/** The start, or the reloading, is over. */
void cnx_notify_ready (CnxNotify * notify);

/** The settings are read again; cnx_notify_ready() ends it, also where that failed. */
void cnx_notify_reloading (CnxNotify * notify);

/** The end has begun. */
void cnx_notify_stopping (CnxNotify * notify);

/** How we are, for people: one line. The same as before is not told again. */
void cnx_notify_set_status (CnxNotify * notify, const char *text);

/** How often a sign of life is due, in microseconds: half of what the manager allows; 0: it wants none. */
gint64 cnx_notify_period (const CnxNotify * notify);

/** Gives a sign of life at each period from now on, for as long as the main context goes on. */
void cnx_notify_live (CnxNotify * notify);

G_END_DECLS
