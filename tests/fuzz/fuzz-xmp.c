/* Any bytes as a sidecar that keywords are added to: all that was there is still there, in its order, and the keywords
 * are found in it, and taken out of it again; or a message, and nothing is written. The first byte is the length of a
 * label, which follows it. */
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "pipelines/tag/formats/format.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

/* Adds @label, if there is one, and another. NULL on an error, which is checked. */
static GBytes *
merge (GBytes * existing, const char *label, char **former, GPtrArray * keywords)
{
  const CnxShare labels[] = { {.id = 1,.label = "cat & <dog>",.share = 1}, {.id = 2,.label = label,.share = 1} };
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (CnxShare));
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, 1);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  const CnxTagFacts facts = {.file = "cat.jpg",.is_picture = TRUE };
  const CnxTagReport report = {.segments = none,.shares = shares,.existing = existing,.former = former,
    .keywords = keywords
  };

  g_array_append_vals (shares, labels, label ? 2 : 1);
  if (cnx_tag_xmp.end (out, &facts, &report, &error))
    return g_bytes_new (out->str, out->len);
  g_assert_true (error->domain == CNX_ERROR && g_utf8_validate (error->message, -1, NULL) && out->len == 0);
  /* what libxml2 found has a place */
  g_assert_cmpstr (error->message, !=, "'cat.jpg.xmp': its dc:subject is not found");
  return NULL;
}

/* Whether @whole has the bytes of @part in their order. */
static gboolean
holds (GBytes * whole, GBytes * part)
{
  gsize size, left;
  const char *at = g_bytes_get_data (whole, &size), *wanted = g_bytes_get_data (part, &left);

  for (; size > 0 && left > 0; at++, size--)
    if (*at == *wanted) {
      wanted++;
      left--;
    }
  return left == 0;
}

/* Whether it may be in another encoding than UTF-8, and be written in that. */
static gboolean
may_be_recoded (GBytes * bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return !g_utf8_validate_len (data, size, NULL) || g_strstr_len (data, size, "encoding");
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  const size_t length = size > 0 ? MIN (data[0], size - 1) : 0;

  if (size == 0)
    return 0;
  g_autofree char *label = g_strndup ((const char *) data + 1, length);
  g_autoptr (GBytes) existing = g_bytes_new (data + 1 + length, size - 1 - length);
  g_autoptr (GPtrArray) keywords = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) merged = merge (existing, label, NULL, keywords);
  if (merged) {
    g_autoptr (GBytes) again = merge (merged, label, NULL, NULL);
    g_assert_true (again && g_bytes_equal (again, merged));
    g_assert_true (may_be_recoded (existing) || holds (merged, existing));
    g_ptr_array_add (keywords, NULL);
    g_autoptr (GBytes) fewer = merge (merged, NULL, (char **) keywords->pdata, NULL);
    g_assert_true (fewer && (may_be_recoded (existing) || holds (merged, fewer)));
  }
  return 0;
}
