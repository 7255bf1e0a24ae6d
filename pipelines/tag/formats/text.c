/* Characters only: what a format makes of a label is its own affair. */
#include "pipelines/tag/formats/text.h"

#define REPLACEMENT 0xfffd

/* Embeddings, overrides and isolates; the marks of right-to-left text itself are harmless. */
static gboolean
turns_direction (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* U+FDD0 to U+FDEF and the last two of every plane: no XML file may hold U+FFFE and U+FFFF, and nobody means the
 * others. */
static gboolean
is_no_character (gunichar c)
{
  return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

static gboolean
separates (gunichar c)
{
  return g_unichar_isspace (c) || c == '\v' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

char *
cnx_tag_plain_label (const char *label, int id)
{
  g_autofree char *valid = g_utf8_make_valid (label ? label : "", -1);
  GString *plain = g_string_new (NULL);
  gboolean space = FALSE;

  for (const char *at = valid; *at; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (separates (c)) {
      space = TRUE;
      continue;
    }
    if (turns_direction (c))
      continue;
    if (space && plain->len > 0)
      g_string_append_c (plain, ' ');
    space = FALSE;
    g_string_append_unichar (plain, g_unichar_iscntrl (c) || is_no_character (c) ? REPLACEMENT : c);
  }
  if (plain->len == 0)
    g_string_printf (plain, "class %d", id);
  return g_string_free (plain, FALSE);
}

void
cnx_tag_append_escaped (GString * out, const char *text)
{
  for (; *text; text++) {
    switch (*text) {
      case '&':
        g_string_append (out, "&amp;");
        break;
      case '<':
        g_string_append (out, "&lt;");
        break;
      case '>':
        g_string_append (out, "&gt;");
        break;
      default:
        g_string_append_c (out, *text);
    }
  }
}
