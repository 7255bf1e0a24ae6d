/* Places that are libraries of their own, so that everything else runs where what they need is not installed. */
#pragma once

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/**
 * CnxBroker:
 * @name: what it is called, for people
 * @plugin: the GStreamer plugin, which has no elements, whose file holds it
 * @symbol: the CnxPlace in there
 * @package, @build_package: what Debian calls the library that it needs, and what is needed to build it
 */
typedef struct
{
  const char *name, *plugin, *symbol, *package, *build_package;
} CnxBroker;

/** Loads it, for the rest of the process. Thread-safe. Errors: CNX_ERROR_NOT_FOUND, which names the package. */
const CnxPlace *cnx_broker_load (const CnxBroker * broker, GError ** error);

G_END_DECLS
