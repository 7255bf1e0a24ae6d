/* Tags are counted; comments, instructions and CDATA sections are passed over. */
#define _GNU_SOURCE             /* memmem */
#include "pipelines/tag/formats/xml_place.h"

#include <string.h>

/* What may hold a "<" that begins no tag. */
static const struct
{
  const char *begin, *end;
} passages[] = {
  {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"},
};

/* Behind the next @mark from @at on; @length where there is none. */
static gsize
behind (const char *text, gsize length, gsize at, const char *mark)
{
  const char *found = memmem (text + at, length - at, mark, strlen (mark));

  return found ? (gsize) (found - text) + strlen (mark) : length;
}

/* Behind the passage that begins at @at; @at itself where none does. */
static gsize
pass (const char *text, gsize length, gsize at)
{
  for (guint i = 0; i < G_N_ELEMENTS (passages); i++) {
    const gsize n = strlen (passages[i].begin);
    if (length - at >= n && memcmp (text + at, passages[i].begin, n) == 0)
      return behind (text, length, at + n, passages[i].end);
  }
  return at;
}

/* Behind the tag that begins at @at: a ">" in an attribute's value does not end it. */
static gsize
tag_end (const char *text, gsize length, gsize at)
{
  char quote = '\0';

  for (; at < length; at++) {
    if (quote) {
      if (text[at] == quote)
        quote = '\0';
    } else if (text[at] == '"' || text[at] == '\'') {
      quote = text[at];
    } else if (text[at] == '>') {
      return at + 1;
    }
  }
  return length;
}

gboolean
cnx_xml_place (const char *text, gsize length, guint number, CnxXmlPlace * place)
{
  const char *next;
  gboolean found = FALSE;
  guint depth = 0;              /* of open elements from the one that was found on */

  for (gsize at = 0, end; at < length && (next = memchr (text + at, '<', length - at)); at = end) {
    const gsize start = next - text;

    end = pass (text, length, start);
    if (end > start)
      continue;
    end = tag_end (text, length, start);
    if (end - start < 3)
      return FALSE;
    if (text[start + 1] == '/') {
      if (found && --depth == 0) {
        place->close = start;
        place->end = end;
        return TRUE;
      }
      continue;
    }
    if (!found && number-- == 0) {
      *place = (CnxXmlPlace) {.start = start,.content = end,.close = end,.end = end };
      if (text[end - 2] == '/')
        return TRUE;
      found = TRUE;
      depth = 1;
    } else if (found && text[end - 2] != '/') {
      depth++;
    }
  }
  return FALSE;
}

gboolean
cnx_xml_place_is_one_tag (const CnxXmlPlace * place)
{
  return place->content == place->end;
}
