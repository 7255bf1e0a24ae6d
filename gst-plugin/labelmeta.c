#include "gst-plugin/labelmeta.h"
