#include "gst-plugin/gstconvnext.h"
