/* Whether frames wait for their labels: as the property `mode` says, or, where that is auto, as upstream does. */
#pragma once

#include <gst/gst.h>

#include "gst-plugin/enums.h"

G_BEGIN_DECLS

/**
 * CnxModeChoice:
 * @decided: MODE_AUTO until upstream has answered
 *
 * All zero is not decided.
 */
typedef struct
{
  gint decided;
} CnxModeChoice;

/** Upstream is to be asked again: another stream begins. */
void cnx_mode_forget (CnxModeChoice * choice);

/** What @mode comes to for the buffer that is here, at @element's pad "sink". Upstream is asked at the first buffer
 * after cnx_mode_forget(). Where there is no answer no buffer waits, and the next one asks again. Warns, in the log or
 * on the bus, of what may be meant otherwise. For the streaming thread. */
Mode cnx_mode_choose (CnxModeChoice * choice, Mode mode, GstElement * element);

/** Whether frames wait for their labels, as far as it is known; auto, before its first frame, lets none wait. For any
 * thread. */
gboolean cnx_mode_waits (CnxModeChoice * choice, Mode mode);

G_END_DECLS
