#include "gst-plugin/gstoverlay.h"
