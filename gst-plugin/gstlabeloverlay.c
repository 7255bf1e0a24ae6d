#include "gst-plugin/gstlabeloverlay.h"
