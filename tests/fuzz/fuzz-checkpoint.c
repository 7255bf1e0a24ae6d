/* Any bytes as weights, of whatever format they look like: tensors whose values can be read, and a model of them, or a
 * message. */
#include <stdint.h>

#include "core/error.h"
#include "core/model/model.h"
#include "tests/fuzz/memory_file.h"

#define MOST_VALUES 4096

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

static void
check_error (const GError * error)
{
  g_assert_true (error && error->domain == CNX_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
read_all (CnxCheckpoint * checkpoint)
{
  float values[MOST_VALUES];

  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++) {
    const CnxTensor *tensor = cnx_checkpoint_tensor (checkpoint, i);

    g_assert_true (cnx_checkpoint_find (checkpoint, tensor->name) == tensor);
    if (tensor->dtype == CNX_DTYPE_OTHER)
      continue;
    cnx_tensor_read (tensor, 0, MIN (tensor->count, MOST_VALUES), values);
    cnx_tensor_read (tensor, tensor->count - MIN (tensor->count, 1), MIN (tensor->count, 1), values);
  }
  g_assert_true (cnx_checkpoint_check (checkpoint, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  const char *path = cnx_memory_file (data, size);
  g_autoptr (GError) error = NULL, model_error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (path, &error);
  g_autoptr (CnxModel) model = cnx_model_load (path, &model_error);

  if (!model)
    check_error (model_error);
  if (checkpoint)
    read_all (checkpoint);
  else
    check_error (error);
  return 0;
}
