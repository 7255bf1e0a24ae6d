#include "core/picture/vips_use.h"

#include <vips/vips.h>

#include "core/error.h"

/* It warns of every broken tile; the picture's own error says it once. */
static void
on_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  g_debug ("libvips: %s", message);
}

gboolean
cnx_vips_start (GError ** error)
{
  if (vips_init ("convnext") != 0) {
    g_autofree char *words = cnx_vips_words ();
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "libvips does not start: %s", words);
    return FALSE;
  }
  g_log_set_handler ("VIPS", G_LOG_LEVEL_WARNING, on_warning, NULL);
  vips_block_untrusted_set (TRUE);
  return TRUE;
}

gboolean
cnx_vips_blocks (const char *loader)
{
  const GType type = vips_type_find ("VipsForeignLoad", loader);
  gpointer klass = type ? g_type_class_ref (type) : NULL;
  const gboolean blocked = klass && (VIPS_OPERATION_CLASS (klass)->flags & VIPS_OPERATION_BLOCKED) != 0;

  if (klass)
    g_type_class_unref (klass);
  return blocked;
}

void
cnx_vips_begin (void)
{
  vips_error_clear ();
}

char *
cnx_vips_words (void)
{
  char *words = vips_error_buffer_copy ();

  vips_error_clear ();
  g_strchomp (words);
  g_strdelimit (words, "\n", ';');
  if (*words != '\0')
    return words;
  g_free (words);
  return g_strdup ("libvips gives no reason");
}
