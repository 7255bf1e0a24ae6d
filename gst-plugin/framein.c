#include "gst-plugin/framein.h"
