/* Any bytes as a file of torch.save(): tensors that all lie inside it, or a message. */
#include <stdint.h>

#include "core/error.h"
#include "core/weights/torch_file.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

static void
check_tensor (const CnxTensor * tensor, guint64 size)
{
  gint64 last = 0;
  gboolean empty = FALSE;

  for (int i = 0; i < tensor->n_dims; i++) {
    last += (tensor->dims[i] - 1) * tensor->strides[i];
    empty |= tensor->dims[i] == 0;
  }
  g_assert_true (tensor->offset <= size);
  if (!empty)
    g_assert_true (tensor->offset + (last + 1) * tensor->value_size <= size);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (CnxInputFile) file = cnx_input_file_open (cnx_memory_file (data, size), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) tensors = cnx_torch_file_read (file, NULL, &error);

  if (!tensors) {
    g_assert_true (g_error_matches (error, CNX_ERROR, CNX_ERROR_FORMAT));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  g_assert_no_error (error);
  for (guint i = 0; i < tensors->len; i++)
    check_tensor (&g_array_index (tensors, CnxTensor, i), size);
  return 0;
}
