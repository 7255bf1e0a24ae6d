/* Any bytes as weights, of whatever format they look like: tensors whose values can be read, and a model of them, or a
 * message. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/model.h"

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
  static int fd = -1;
  static char *path;
  g_autoptr (GError) error = NULL, model_error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = NULL;
  g_autoptr (CnxModel) model = NULL;

  if (fd < 0) {
    fd = memfd_create ("fuzz", MFD_CLOEXEC);
    path = g_strdup_printf ("/proc/self/fd/%d", fd);
  }
  if (fd < 0 || ftruncate (fd, size) != 0 || pwrite (fd, data, size, 0) != (ssize_t) size)
    g_error ("no file in memory");
  checkpoint = cnx_checkpoint_open (path, &error);
  model = cnx_model_load (path, &model_error);
  if (!model)
    check_error (model_error);
  if (checkpoint)
    read_all (checkpoint);
  else
    check_error (error);
  return 0;
}
