#include "gst-plugin/publish/brokers.h"

#include <gmodule.h>

#include "core/error.h"

static void
refuse (const CnxBroker * broker, const char *reason, GError ** error)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "Labels cannot be published by %s: %s. Install Debian's package "
      "%s; where gst-convnext was built without it, install %s and build it again.", broker->name, reason,
      broker->package, broker->build_package);
}

/* The registry knows the file even where the plugin could not be loaded when it was looked at, for want of a library
 * that may be there by now: that is what is tried here. */
const CnxPlace *
cnx_broker_load (const CnxBroker * broker, GError ** error)
{
  g_autoptr (GstPlugin) plugin = gst_registry_find_plugin (gst_registry_get (), broker->plugin);
  g_autofree char *file_name = g_strdup_printf ("libgst%s.%s", broker->plugin, G_MODULE_SUFFIX);
  gpointer place = NULL;

  if (!plugin)
    plugin = gst_registry_lookup (gst_registry_get (), file_name);
  if (!plugin || !gst_plugin_get_filename (plugin)) {
    refuse (broker, "the plugin that does it is not installed", error);
    return NULL;
  }
  GModule *module = g_module_open (gst_plugin_get_filename (plugin), G_MODULE_BIND_LOCAL);
  if (!module) {
    refuse (broker, g_module_error (), error);
    return NULL;
  }
  g_module_make_resident (module);
  if (!g_module_symbol (module, broker->symbol, &place))
    refuse (broker, g_module_error (), error);
  g_module_close (module);
  return place;
}
