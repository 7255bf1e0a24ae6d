#include "gst-plugin/mode.h"
#include "gst-plugin/log.h"
#include "gst-plugin/upstream.h"

void
cnx_mode_forget (CnxModeChoice * self)
{
  g_atomic_int_set (&self->decided, MODE_AUTO);
}

Mode
cnx_mode_choose (CnxModeChoice * self, Mode mode, GstElement * element)
{
  gboolean live = FALSE;

  if (mode != MODE_AUTO)
    return mode;
  if (self->decided != MODE_AUTO)
    return self->decided;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");
  if (!cnx_upstream_is_live (sink, &live))
    return MODE_LATEST;
  g_atomic_int_set (&self->decided, live ? MODE_LATEST : MODE_EVERY_FRAME);
  GST_INFO_OBJECT (element, live ?
      "mode auto is latest, as upstream says that it is live: no frame waits" :
      "mode auto is every-frame, as upstream does not say that it is live");
  if (!live)
    cnx_upstream_warn_that_frames_wait (element, sink);
  return self->decided;
}

gboolean
cnx_mode_waits (CnxModeChoice * self, Mode mode)
{
  return mode == MODE_EVERY_FRAME
      || (mode == MODE_AUTO && g_atomic_int_get (&self->decided) == MODE_EVERY_FRAME);
}
