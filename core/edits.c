#include "core/edits.h"

#include <string.h>

guint
cnx_edits (const char *a, const char *b)
{
  const gsize n = strlen (b);
  g_autofree guint *row = g_new (guint, n + 1);

  for (gsize j = 0; j <= n; j++)
    row[j] = j;
  for (gsize i = 0; a[i]; i++) {
    guint diagonal = row[0];
    row[0] = i + 1;
    for (gsize j = 0; j < n; j++) {
      const guint replaced = diagonal + (g_ascii_tolower (a[i]) != g_ascii_tolower (b[j]));
      diagonal = row[j + 1];
      row[j + 1] = MIN (replaced, 1 + MIN (row[j], diagonal));
    }
  }
  return row[n];
}
