/* convnext run: a model on pictures, or on a tensor to hold its numbers against another framework's. */
#include "pipelines/command/run.h"

static void
options_clear (CnxRunOptions * options)
{
  cnx_common_options_clear (&options->common);
  g_free (options->tensor);
  g_free (options->shape);
  g_free (options->labels);
  g_free (options->recipe);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxRunOptions, options_clear)

/* What --top-k and --threshold are until they are given. */
#define NO_TOP_K G_MININT
#define NO_THRESHOLD (-G_MAXDOUBLE)

static const char *
check_input (const CnxRunOptions * options)
{
  const gboolean images = options->common.images->len > 0;

  if (!images && !options->tensor)
    return options->shape ? "--shape is of a --tensor FILE, and none is given" :
        "what to run on is missing: --image FILE for pictures, or --tensor FILE --shape N,C,H,W";
  if (images && options->tensor)
    return "--image and --tensor do not go together: run it twice";
  if (options->tensor)
    return cnx_run_check_shape (options);
  return options->shape ? "--shape is of a --tensor; a picture gets the model's own size" : NULL;
}

static const char *
check_labels (const CnxRunOptions * options)
{
  const gboolean top_k = options->top_k != NO_TOP_K, threshold = options->threshold != NO_THRESHOLD;

  if ((top_k || threshold || options->labels) && (options->tensor || options->features))
    return "--top-k, --threshold and --labels are for the labels of an --image; --tensor and --features print numbers";
  if (top_k && options->top_k < 1)
    return "--top-k takes a whole number from 1 on";
  if (threshold && !(options->threshold >= 0 && options->threshold <= 1))
    return "--threshold takes a number from 0 to 1";
  return NULL;
}

static gboolean
parse (CnxRunOptions * options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    {"top-k", 'k', 0, G_OPTION_ARG_INT, &options->top_k, "At most so many labels of a picture (default: 5)", "N"},
    {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options->threshold,
        "Only labels of at least this confidence, 0 to 1 (default: the model's own, else 0)", "X"},
    {"recipe", 0, 0, G_OPTION_ARG_STRING, &options->recipe,
        "How pictures become the input, where not as the model says: size=288,crop-pct=1", "R"},
    {"labels", 0, 0, G_OPTION_ARG_FILENAME, &options->labels,
        "A text file with one label per line (default: the model's own)", "FILE"},
    {"tensor", 0, 0, G_OPTION_ARG_FILENAME, &options->tensor,
        "float32, little-endian, (N, C, H, W), normalised already", "FILE"},
    {"shape", 0, 0, G_OPTION_ARG_STRING, &options->shape, "The tensor's shape; C is 3", "N,C,H,W"},
    {"features", 0, 0, G_OPTION_ARG_NONE, &options->features,
        "Print what the classifier reads, pooled and normalised, instead", NULL},
    {"reference", 0, 0, G_OPTION_ARG_NONE, &options->reference, "In plain C, slowly, instead of on a device", NULL},
    {NULL}
  };
  const char *wrong;

  if (!cnx_parse_options (&options->common, CNX_TAKES_MODEL | CNX_TAKES_IMAGES | CNX_TAKES_JSON, entries,
          "[MODEL] --image FILE... | --tensor FILE --shape N,C,H,W",
          "Labels pictures, or runs a model on a tensor and prints {\"logits\": [[...], ...]}.", argc, argv))
    return FALSE;
  if (!(wrong = check_input (options)))
    wrong = check_labels (options);
  if (wrong)
    cnx_wrong ("run", wrong);
  if (options->top_k == NO_TOP_K)
    options->top_k = 5;
  return wrong == NULL;
}

int
cnx_run_main (int argc, char **argv)
{
  g_auto (CnxRunOptions) options = {.top_k = NO_TOP_K,.threshold = NO_THRESHOLD };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = NULL;

  if (!parse (&options, argc, argv))
    return CNX_EXIT_USAGE;
  model = options.features || (options.tensor && !options.labels)
      ? cnx_model_open_unlabelled (options.common.model, options.common.variant, options.recipe, &error)
      : cnx_model_open (options.common.model, options.common.variant, options.labels, options.recipe, &error);
  if (!model || (!options.features && !cnx_model_check_classifier (model, &error)))
    return cnx_fail (error);
  cnx_warn (cnx_model_notes (model));
  options.threshold = cnx_model_threshold (model, options.threshold, 0);
  return options.tensor ? cnx_run_tensor (&options, model) : cnx_run_images (&options, model);
}
