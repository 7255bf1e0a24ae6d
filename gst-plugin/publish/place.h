/* Where messages go: what a file, a pipe or a broker must know how to do, and nothing of who writes or why. */
#pragma once

#include "gst-plugin/publish/message.h"

G_BEGIN_DECLS

/**
 * CnxPlaceAnswer:
 * @CNX_PLACE_TAKEN: all of the message is there
 * @CNX_PLACE_LATER: nothing of it is; it can be given again, or another
 * @CNX_PLACE_PARTLY: a part of it is; the same one must be given again, for the rest
 * @CNX_PLACE_UNDERWAY: it was sent, and nobody has said yet that it arrived; the same one must be given again, to wait
 *   for that. The place has waited for it already, so that this need not be put off
 * @CNX_PLACE_REFUSED: it will never be taken, so that those behind it need not wait for it
 */
typedef enum
{
  CNX_PLACE_TAKEN,
  CNX_PLACE_LATER,
  CNX_PLACE_PARTLY,
  CNX_PLACE_UNDERWAY,
  CNX_PLACE_REFUSED,
} CnxPlaceAnswer;

/** Who is told of the streams, so that it shows them without being set up. */
typedef enum
{
  CNX_DISCOVERY_NONE,
  CNX_DISCOVERY_HOME_ASSISTANT,
} CnxDiscovery;

/**
 * CnxPlaceSettings:
 * @location: a path, or an address
 * @qos: of brokers: 0, at most once; 1, at least once; 2, exactly once
 * @retain: of MQTT: the broker keeps the last message of each topic for those who come later
 * @client_id: of brokers: who we are to them; NULL: nobody in particular
 * @password_file: of MQTT: holds the password of the user whom the address names; NULL: without
 * @ca_file: of MQTT with TLS: the certificates that vouch for the broker's; NULL: those that the system trusts
 * @discovery: of MQTT
 *
 * What the user says of a place; for files the rest than @location means nothing.
 */
typedef struct
{
  const char *location;
  guint qos;
  gboolean retain;
  const char *client_id, *password_file, *ca_file;
  CnxDiscovery discovery;
} CnxPlaceSettings;

/**
 * CnxPlace:
 * @open: what @settings name, to be handed to the others; NULL and an error of any domain for what the user must mend
 *   first. Keeps nothing of @settings. What may become right by itself, such as a broker that is away, is none: write
 *   says LATER then. Does not wait: it is called by who changes the element's state.
 * @write: gives it a message. May wait for a tenth of a second, not longer. Any answer but TAKEN may come with an
 *   error, which the user is told; without one it is the place's usual way, as with a pipe that nobody reads yet.
 * @reconnects: how often it was opened again, or came back, since it was opened
 * @close: ends it; what was taken in part is taken back, where that is possible
 * @idle: does what is to be done by itself, without a message: called again and again while there is none. May wait for
 *   a tenth of a second, and come with an error, which the user is told. NULL: there is nothing
 *
 * One kind of place. Once open has returned, the others are called by one thread at a time: write, idle and reconnects
 * by a thread that waits for nothing else, and in which SIGPIPE and SIGXFSZ are blocked.
 */
typedef struct
{
  gpointer (*open) (const CnxPlaceSettings * settings, GError ** error);
  CnxPlaceAnswer (*write) (gpointer place, const CnxMessage * message, GError ** error);
  guint64 (*reconnects) (gpointer place);
  void (*close) (gpointer place);
  void (*idle) (gpointer place, GError ** error);
} CnxPlace;

G_END_DECLS
