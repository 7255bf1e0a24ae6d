/* The log category of `convnext`, for all files that the element is made of. */
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN (convnext_debug);
#define GST_CAT_DEFAULT convnext_debug
