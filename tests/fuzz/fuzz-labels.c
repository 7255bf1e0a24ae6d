/* Any bytes as a file of labels, one a line: as many as there are classes, or a message. The first byte is the number
 * of classes. */
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/model/label_names.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) labels = NULL;
  const int classes = size > 0 ? data[0] : 0;

  if (size == 0)
    return 0;
  labels = cnx_labels_load (cnx_memory_file (data + 1, size - 1), classes, &error);
  if (labels) {
    g_assert_cmpuint (g_strv_length (labels), ==, classes);
    for (int i = 0; i < classes; i++)
      g_assert_true (g_utf8_validate (labels[i], -1, NULL) && !strchr (labels[i], '\n'));
  } else {
    g_assert_true (error->domain == CNX_ERROR && g_utf8_validate (error->message, -1, NULL));
  }
  return 0;
}
