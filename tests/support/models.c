#include "tests/support/models.h"

#include <glib/gstdio.h>

#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

char *
cnx_test_make_model (const CnxArch * arch, const char *config)
{
  char *dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "config.json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_write_random_checkpoint (dir, arch, 1, &error));
  g_assert_no_error (error);
  g_assert_true (config ? g_file_set_contents (path, config, -1, NULL) : g_remove (path) == 0);
  return dir;
}

char *
cnx_test_make_small_model (const char *config)
{
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {2, 2, 2, 2},.classes = 3 };

  return cnx_test_make_model (&arch, config);
}

CnxModel *
cnx_test_load_model (const char *path)
{
  g_autoptr (GError) error = NULL;
  CnxModel *model = cnx_model_load (path, &error);

  g_assert_no_error (error);
  return model;
}

double
cnx_test_logit_offset (CnxModel * model, int id)
{
  g_autofree float *weight = cnx_model_values (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0);
  g_autofree float *bias = cnx_model_values (model, CNX_ROLE_CLASSIFIER_BIAS, 0, 0);
  g_autofree float *norm_bias = cnx_model_values (model, CNX_ROLE_FINAL_NORM_BIAS, 0, 0);
  const int channels = cnx_model_arch (model)->dims[CNX_STAGES - 1];
  double offset = bias ? bias[id] : 0;

  for (int c = 0; norm_bias && c < channels; c++)
    offset += (double) weight[(gsize) id * channels + c] * norm_bias[c];
  return offset;
}
