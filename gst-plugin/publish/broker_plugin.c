/* A GStreamer plugin without elements, built for each kind of broker as PLUGIN_NAME: GStreamer finds its file, and
 * labelpublish takes the place out of it. */
#include <gst/gst.h>

static gboolean
plugin_init (GstPlugin * plugin)
{
  return TRUE;
}

#define PACKAGE "gst-convnext"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, PLUGIN_NAME, PLUGIN_TEXT, plugin_init, PACKAGE_VERSION, "LGPL",
    "gst-convnext", "Unknown package origin")
