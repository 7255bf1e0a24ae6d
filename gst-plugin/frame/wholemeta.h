/* A frame that stands for a larger picture says so in a GstCustomMeta "convnext-whole", of which this is the only file
 * that knows the inside: width and height (int, of the picture in its own pixels), x, y, across and down (double, its
 * place in the frame, in the frame's pixels). The element applies the model's recipe to the whole then. */
#pragma once

#include <gst/gst.h>
#include "core/picture/resample.h"

G_BEGIN_DECLS

/** Registers the custom meta, unless a plugin or a program in this process has. Call it once, before it is used. */
void cnx_whole_meta_register (void);

/** @buffer must be writable. */
void cnx_whole_meta_add (GstBuffer * buffer, const CnxWhole * whole);

/** What @buffer stands for; {0} where it says nothing of it that can be read. */
CnxWhole cnx_whole_meta_get (GstBuffer * buffer);

G_END_DECLS
