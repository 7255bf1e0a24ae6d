/* Preloaded by tests: pictures of some widths do to their decoder what no file should. */
#define _GNU_SOURCE             /* RTLD_NEXT */
#include <dlfcn.h>
#include <gmodule.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

static void
dawdle (VipsImage * image)
{
  g_usleep (G_USEC_PER_SEC / 2);
}

/* In the place of libvips' own, which `convnext tag` calls for every picture that it decodes. */
G_MODULE_EXPORT int
vips_image_get_orientation (VipsImage * image)
{
  int (*original) (VipsImage *) = (int (*)(VipsImage *)) dlsym (RTLD_NEXT, "vips_image_get_orientation");

  switch (vips_image_get_width (image)) {
    case 1001:
      abort ();
    case 1002:
      for (;;)
        g_usleep (G_USEC_PER_SEC);
    case 1003:
      memset (g_malloc ((gsize) 1 << 31), 1, 1);
      break;
    case 1004:
      vips_image_set_progress (image, TRUE);
      g_signal_connect (image->progress_signal, "eval", G_CALLBACK (dawdle), NULL);
  }
  return original (image);
}
