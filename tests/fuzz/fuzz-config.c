/* Any bytes as config.json or preprocessor_config.json beside weights: a recipe that can be used and a label for every
 * class, or a message. The first byte says which file it is, and what the weights are. */
#include <stdint.h>
#include <stdlib.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/model/model_config.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

static const char *const names[] = { "config.json", "preprocessor_config.json" };

static char *dir;

static void
remove_dir (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (dir, names[i], NULL);
    g_unlink (path);
  }
  g_rmdir (dir);
}

static void
check (const CnxModelConfig * config, const CnxArch * arch)
{
  const CnxRecipe *recipe = &config->recipe;

  g_assert_true (config->name && g_utf8_validate (config->name, -1, NULL));
  g_assert_true (recipe->width > 0 && recipe->width <= CNX_RECIPE_MAX_INPUT);
  g_assert_true (recipe->height > 0 && recipe->height <= CNX_RECIPE_MAX_INPUT);
  g_assert_true (recipe->resize > 0 && recipe->resize <= CNX_RECIPE_MAX_RESIZE);
  g_assert_true (config->final_norm_eps >= 0 && config->final_norm_eps <= 1);
  for (int c = 0; c < 3; c++)
    g_assert_true (recipe->std[c] > 0);
  for (int i = 0; i < arch->classes; i++)
    g_assert_true (config->labels[i] && g_utf8_validate (config->labels[i], -1, NULL));
  g_assert_true (config->labels[arch->classes] == NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  CnxArch arch = {.version = 1,.depths = {1, 1, 2, 1},.dims = {12, 24, 48, 96},.classes = 7 };
  g_autofree char *path = NULL, *weights = NULL;
  g_autoptr (GError) error = NULL;
  CnxModelConfig config = { 0 };
  const int what = size > 0 ? data[0] : 0;

  if (!dir) {
    dir = g_strdup (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm/cnx-fuzz-XXXXXX" : "/tmp/cnx-fuzz-XXXXXX");
    if (!g_mkdtemp (dir) || atexit (remove_dir) != 0)
      g_error ("no folder to write to");
  }
  path = g_build_filename (dir, names[what % 2], NULL);
  weights = g_build_filename (dir, "model.safetensors", NULL);
  if (!g_file_set_contents_full (path, size > 0 ? (const char *) data + 1 : "", size > 0 ? size - 1 : 0,
          G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    g_error ("no file to write to");
  if (cnx_model_config_load (&config, weights, &arch, what / 2 % CNX_N_SCHEMES, &error))
    check (&config, &arch);
  else
    g_assert_true (error->domain == CNX_ERROR && g_utf8_validate (error->message, -1, NULL));
  cnx_model_config_clear (&config);
  g_unlink (path);
  return 0;
}
