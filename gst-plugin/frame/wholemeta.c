#include "gst-plugin/frame/wholemeta.h"

#define NAME "convnext-whole"

/* It survives copies. By a tag that no filter knows most of those that make another frame drop it, for it speaks of
 * pixels. */
void
cnx_whole_meta_register (void)
{
  static const gchar *tags[] = { NAME, NULL };

  if (!gst_meta_get_info (NAME))
    gst_meta_register_custom (NAME, tags, NULL, NULL, NULL);
}

void
cnx_whole_meta_add (GstBuffer * buffer, const CnxWhole * whole)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, NAME);

  gst_structure_set (gst_custom_meta_get_structure (meta), "width", G_TYPE_INT, whole->width,
      "height", G_TYPE_INT, whole->height, "x", G_TYPE_DOUBLE, whole->x, "y", G_TYPE_DOUBLE, whole->y,
      "across", G_TYPE_DOUBLE, whole->across, "down", G_TYPE_DOUBLE, whole->down, NULL);
}

CnxWhole
cnx_whole_meta_get (GstBuffer * buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, NAME);
  CnxWhole whole = { 0 };

  if (meta && gst_structure_get (gst_custom_meta_get_structure (meta), "width", G_TYPE_INT, &whole.width,
          "height", G_TYPE_INT, &whole.height, "x", G_TYPE_DOUBLE, &whole.x, "y", G_TYPE_DOUBLE, &whole.y,
          "across", G_TYPE_DOUBLE, &whole.across, "down", G_TYPE_DOUBLE, &whole.down, NULL))
    return whole;
  return (CnxWhole) {0};
}
