/* The table of formats. */
#include "pipelines/tag/formats/format.h"

#include <string.h>

#include "core/error.h"

static const CnxTagFormat *const formats[] = {
  &cnx_tag_jsonl, &cnx_tag_csv, &cnx_tag_json, &cnx_tag_vtt, &cnx_tag_srt, &cnx_tag_xmp, &cnx_tag_html,
  NULL
};

const CnxTagFormat *const *
cnx_tag_formats (void)
{
  return formats;
}

const CnxTagFormat *
cnx_tag_format_find (const char *name, GError ** error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; formats[i]; i++) {
    if (strcmp (formats[i]->name, name) == 0)
      return formats[i];
    g_string_append_printf (names, "%s%s", i == 0 ? "" : formats[i + 1] ? ", " : " or ",
        formats[i]->name);
  }
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "there is no format '%s': it is %s",
      cnx_name_is_printable (name) ? name : "(unprintable)", names->str);
  return NULL;
}

/* As players do: the last point on, but where the name begins with it. */
static gsize
length_without_extension (const char *name)
{
  const char *point = strrchr (name, '.');

  return point && point != name ? (gsize) (point - name) : strlen (name);
}

char *
cnx_tag_format_output_name (const CnxTagFormat * format, const char *name)
{
  const gsize length = format->drops_extension ? length_without_extension (name) : strlen (name);
  g_autofree char *kept = g_strndup (name, length);

  return g_strconcat (kept, format->extension, NULL);
}
