/* Any bytes as a file of labels, one a line: as many as there are classes, or a message. The first byte is the number
 * of classes. */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/label_names.h"
#include "core/model_config.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  static int fd = -1;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) labels = NULL;
  const int classes = size > 0 ? data[0] : 0;

  if (size == 0)
    return 0;
  if (fd < 0)
    fd = memfd_create ("fuzz", MFD_CLOEXEC);
  if (fd < 0 || ftruncate (fd, size - 1) != 0 || pwrite (fd, data + 1, size - 1, 0) != (ssize_t) size - 1)
    g_error ("no file in memory");
  path = g_strdup_printf ("/proc/self/fd/%d", fd);
  labels = cnx_labels_load (path, classes, &error);
  if (labels) {
    g_assert_cmpuint (g_strv_length (labels), ==, classes);
    for (int i = 0; i < classes; i++)
      g_assert_true (g_utf8_validate (labels[i], -1, NULL) && !strchr (labels[i], '\n'));
  } else {
    g_assert_true (error->domain == CNX_ERROR && g_utf8_validate (error->message, -1, NULL));
  }
  return 0;
}
