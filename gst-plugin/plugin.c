/* Registers the elements; touches no device. */
#include <gst/gst.h>

#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/overlay/gstlabeloverlay.h"
#include "gst-plugin/overlay/gstoverlay.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/frame/wholemeta.h"
#include "gst-plugin/publish/gstlabelpublish.h"
#include "opencl/cache/folder.h"

/* A program that holds elements itself, as `convnext tag` and `convnext watch` do, may look through the plugins in its
 * own process: a type's name is to be had once. */
static GType
type_of (const char *name, GType (*get_type) (void))
{
  const GType known = g_type_from_name (name);

  return known != 0 ? known : get_type ();
}

/* What the parts below the elements have to say goes where the elements' own words go, unless a program that holds the
 * element itself tells it in its own way. */
static void
on_message (const char *domain, GLogLevelFlags level, const char *message, gpointer category)
{
  if (level & G_LOG_LEVEL_WARNING)
    GST_CAT_WARNING (category, "%s", message);
  else
    GST_CAT_INFO (category, "%s", message);
}

static const struct
{
  const char *name, *type;
  GType (*get_type) (void);
} elements[] = {
  {"convnext", "GstConvnext", gst_convnext_get_type},
  {"labeloverlay", "GstLabelOverlay", gst_label_overlay_get_type},
  {"labelpublish", "GstLabelPublish", gst_label_publish_get_type},
  {"overlay", "GstOverlaySink", gst_overlay_sink_get_type},
};

static gboolean
plugin_init (GstPlugin * plugin)
{
  GstDebugCategory *category = NULL;

  GST_DEBUG_CATEGORY_INIT (category, "convnext", 0, "ConvNeXt classifier");
  if (category && g_type_from_name ("GstConvnext") == 0)
    g_log_set_handler (CNX_LOG_DOMAIN, G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO, on_message, category);
  cnx_label_meta_register ();
  cnx_whole_meta_register ();
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
    if (!gst_element_register (plugin, elements[i].name, GST_RANK_NONE, type_of (elements[i].type,
                elements[i].get_type)))
      return FALSE;
  return TRUE;
}

#define PACKAGE "gst-convnext"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, convnext,
    "Classifies video with ConvNeXt on OpenCL", plugin_init, PACKAGE_VERSION, "LGPL",
    "gst-convnext", "Unknown package origin")
