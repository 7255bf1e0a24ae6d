/* The photographs of tests/data/pictures as frames. Whoever links it links libvips, and has it started. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/** The picture @name, in RGB; writes its @info. */
GstBuffer *cnx_test_load_rgb (const char *name, GstVideoInfo * info);

/** Another format and size of the same frame; frees @buffer and writes the new @info. */
GstBuffer *cnx_test_convert (GstBuffer * buffer, GstVideoInfo * info, GstVideoFormat format, int width, int height);

G_END_DECLS
