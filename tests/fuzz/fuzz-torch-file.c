/* Any bytes as a file of torch.save(): tensors that all lie inside it, or a message. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/torch_file.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

static void
check_tensor (const CnxTorchTensor * tensor, guint64 size)
{
  gint64 last = 0;
  gboolean empty = FALSE;

  for (int i = 0; i < tensor->n_dims; i++) {
    last += (tensor->dims[i] - 1) * tensor->strides[i];
    empty |= tensor->dims[i] == 0;
  }
  g_assert_true (tensor->offset <= size);
  if (!empty)
    g_assert_true (tensor->offset + (last + 1) * tensor->element_size <= size);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  static int fd = -1;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) tensors = NULL;

  if (fd < 0)
    fd = memfd_create ("fuzz", MFD_CLOEXEC);
  if (fd < 0 || ftruncate (fd, size) != 0 || pwrite (fd, data, size, 0) != (ssize_t) size)
    g_error ("no file in memory");
  tensors = cnx_torch_file_read (fd, size, "fuzz", &error);
  if (!tensors) {
    g_assert_true (g_error_matches (error, CNX_ERROR, CNX_ERROR_FORMAT));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  g_assert_no_error (error);
  for (guint i = 0; i < tensors->len; i++)
    check_tensor (&g_array_index (tensors, CnxTorchTensor, i), size);
  return 0;
}
