/* convnext convert: any checkpoint that can be read, as safetensors in timm's naming with its config.json. */
#include "pipelines/command/command.h"
#include "core/error.h"
#include "core/model/model_write.h"
#include "core/weights/safetensors_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#define FILE_ENDING ".safetensors"

typedef struct
{
  char *weights, *config;
} Target;

static void
target_clear (Target * target)
{
  g_free (target->weights);
  g_free (target->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

/* "OUT.safetensors" and "OUT.json" beside it, or a folder with model.safetensors and config.json, made where it is
 * not there. */
static gboolean
find_target (const char *out, Target * target, GError ** error)
{
  if (g_str_has_suffix (out, FILE_ENDING) && !g_file_test (out, G_FILE_TEST_IS_DIR)) {
    target->weights = g_strdup (out);
    target->config = g_strdup_printf ("%.*s.json", (int) (strlen (out) - strlen (FILE_ENDING)), out);
    return TRUE;
  }
  if (g_mkdir_with_parents (out, 0755) != 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "cannot make the folder '%s': %s", out, g_strerror (errno));
    return FALSE;
  }
  target->weights = g_build_filename (out, "model.safetensors", NULL);
  target->config = g_build_filename (out, "config.json", NULL);
  return TRUE;
}

static gboolean
check_free (const Target * target, gboolean force, GError ** error)
{
  const char *const paths[] = { target->weights, target->config };

  for (guint i = 0; !force && i < G_N_ELEMENTS (paths); i++)
    if (g_file_test (paths[i], G_FILE_TEST_EXISTS)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s' is there already: --force overwrites it", paths[i]);
      return FALSE;
    }
  return TRUE;
}

static gboolean
parse_dtype (const char *name, CnxModel * model, CnxDtype * dtype)
{
  CnxPrecision precision;

  if (!name) {
    *dtype = cnx_model_dtype (model);
    return TRUE;
  }
  if (!cnx_precision_parse (name, &precision, NULL))
    return FALSE;
  *dtype = precision == CNX_PRECISION_FP16 ? CNX_DTYPE_F16 : precision == CNX_PRECISION_BF16 ? CNX_DTYPE_BF16
      : CNX_DTYPE_F32;
  return precision == CNX_PRECISION_FP32 || *dtype != CNX_DTYPE_F32;
}

static void
show_progress (guint64 done, guint64 total, gpointer user_data)
{
  fprintf (stderr, "\rconverting: %3d %%%s", (int) (done * 100 / total), done == total ? "\n" : "");
}

/* What a signal removes. */
static char *part;

static void
remove_part (void)
{
  unlink (part);
}

static int
convert (CnxModel * model, const Target * target, CnxDtype dtype, gboolean quiet, GError ** error)
{
  const gboolean progress = !quiet && isatty (STDERR_FILENO);
  gboolean written;

  part = cnx_safetensors_part_name (target->weights);
  signal (SIGXFSZ, SIG_IGN);    /* a file that may not grow is an error to tell, as a full disk is */
  cnx_set_clean_up (remove_part);
  written = cnx_model_write (model, target->weights, target->config, dtype, progress ? show_progress : NULL, NULL,
      error);
  cnx_set_clean_up (NULL);
  g_clear_pointer (&part, g_free);
  if (!written)
    return CNX_EXIT_FAILED;
  if (!quiet) {
    g_autofree char *text = g_strdup_printf ("%s (%s naming) -> %s (timm naming, %s), %s", cnx_model_path (model),
        cnx_scheme_name (cnx_model_scheme (model)), target->weights, cnx_dtype_name (dtype), target->config);
    g_autofree char *line = cnx_printable (text);
    printf ("%s\n", line);
  }
  return CNX_EXIT_OK;
}

int
cnx_convert_main (int argc, char **argv)
{
  g_autofree char *dtype_name = NULL, *labels = NULL, *recipe = NULL;
  g_auto (Target) target = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = NULL;
  gboolean force = FALSE, quiet = FALSE;
  CnxDtype dtype;
  const GOptionEntry entries[] = {
    {"dtype", 0, 0, G_OPTION_ARG_STRING, &dtype_name, "fp32, fp16 or bf16 (what the weights are)", "TYPE"},
    {"labels", 0, 0, G_OPTION_ARG_FILENAME, &labels, "One label a line, instead of the model's own", "FILE"},
    {"recipe", 0, 0, G_OPTION_ARG_STRING, &recipe, "What of its recipe is to be another: size=288,crop-pct=1", "R"},
    {"force", 'f', 0, G_OPTION_ARG_NONE, &force, "Overwrite what is there", NULL},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Say nothing but errors", NULL},
    {NULL}
  };

  if (!cnx_parse_arguments (entries, "MODEL OUT",
          "Writes any checkpoint that can be read as safetensors in timm's naming, with its\nrecipe and labels in a "
          "config.json. OUT is a folder, or a file that ends in .safetensors.", &argc, &argv))
    return CNX_EXIT_USAGE;
  if (argc != 3)
    return cnx_wrong ("convert", "it takes two arguments: the MODEL, and where it goes, OUT");
  if (!(model = cnx_model_open (argv[1], NULL, labels, recipe, &error)))
    return cnx_fail (error);
  if (!parse_dtype (dtype_name, model, &dtype))
    return cnx_wrong ("convert", "--dtype takes fp32, fp16 or bf16");
  if (!quiet)
    cnx_warn (cnx_model_notes (model));
  if (!find_target (argv[2], &target, &error) || !check_free (&target, force, &error)
      || convert (model, &target, dtype, quiet, &error) != CNX_EXIT_OK)
    return cnx_fail (error);
  return CNX_EXIT_OK;
}
