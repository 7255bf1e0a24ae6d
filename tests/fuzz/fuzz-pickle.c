/* Any bytes as a pickle: a state dict whose every promise holds, or a message. */
#include <stdint.h>

#include "core/error.h"
#include "core/weights/pickle.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

/* What the header promises of each tensor. */
static void
check_tensor (const CnxPickledTensor * tensor)
{
  gint64 count = 1, last = tensor->offset;

  g_assert_true (g_utf8_validate (tensor->name, -1, NULL));
  g_assert_true (g_utf8_validate (tensor->storage, -1, NULL));
  g_assert_true (tensor->storage_count >= 0 && tensor->offset >= 0);
  g_assert_true (tensor->storage_count <= G_MAXINT64 / tensor->element_size);
  g_assert_true (tensor->n_dims >= 0 && tensor->n_dims <= CNX_MAX_DIMS);
  for (int i = 0; i < tensor->n_dims; i++) {
    g_assert_true (tensor->dims[i] >= 0 && tensor->strides[i] >= 0);
    count = tensor->dims[i] ? count : 0;
  }
  for (int i = 0; i < tensor->n_dims && count; i++) {
    g_assert_true (!__builtin_mul_overflow (count, tensor->dims[i], &count));
    last += (tensor->dims[i] - 1) * tensor->strides[i];
  }
  g_assert_true (count <= tensor->storage_count);
  g_assert_true (count ? last < tensor->storage_count : tensor->offset <= tensor->storage_count);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxStateDict) dict = cnx_pickle_read (data, size, "fuzz", &error);

  if (!dict) {
    g_assert_true (g_error_matches (error, CNX_ERROR, CNX_ERROR_FORMAT));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  g_assert_no_error (error);
  for (guint i = 0; i < cnx_state_dict_n_tensors (dict); i++)
    check_tensor (cnx_state_dict_tensor (dict, i));
  return 0;
}
