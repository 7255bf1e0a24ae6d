#include "gst-plugin/heat/heatask.h"
#include "core/heat/heat.h"
#include "gst-plugin/log.h"

static gboolean
gives (CnxHeatAsk * self, GstElement * element, CnxModel * model)
{
  g_autoptr (GError) error = NULL;

  if (cnx_heat_check (cnx_model_arch (model), &error))
    return TRUE;
  if (!self->warned)
    GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS, ("%s. The labels are all there; heatmap=false says that no map is "
            "wanted.", error->message), (NULL));
  self->warned = TRUE;
  return FALSE;
}

gboolean
cnx_heat_ask (CnxHeatAsk * self, GstElement * element, CnxModel * model, gboolean wanted)
{
  return wanted && gives (self, element, model);
}
