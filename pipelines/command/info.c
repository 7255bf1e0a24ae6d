/* convnext info: what a model, or a published variant, is, and what it takes. */
#include "pipelines/command/command.h"
#include "core/error.h"
#include "core/model/cost.h"
#include "core/model/label_names.h"
#include "core/model/relatives.h"
#include "opencl/support.h"

#include <stdio.h>

#define FIRST_LABELS 5

/**
 * Info:
 * @model: NULL for a variant that there are no weights of here
 * @name: the model's, or what the variant was called by
 * @dtypes: the types that the values are stored in, each once; NULL without weights
 * @labels, @labels_from: one for each class, or none; as cnx_model_labels_from()
 * @labels_error: why those of the model cannot be used, or NULL
 * @confidence: what makes confidences of the logits; NULL without a classifier
 * @threshold: the confidence that the model recommends; -1: none
 * @height, @width: the input that costs are counted for
 * @unusable: why the recipe's own input cannot be that of a network, or NULL
 * @device: the device's name, or NULL; then @no_device says why
 * @precisions: what the device runs
 */
typedef struct
{
  CnxModel *model;
  const char *name;
  const CnxArch *arch;
  char *dtypes;
  CnxRecipe recipe;
  char **labels;
  const char *labels_from, *labels_error;
  const char *confidence;
  double threshold;
  int height, width;
  GError *unusable;
  char *device;
  GError *no_device;
  char **precisions;
} Info;

static void
info_clear (Info * info)
{
  g_clear_pointer (&info->model, cnx_model_unref);
  g_free (info->dtypes);
  g_strfreev (info->labels);
  g_clear_error (&info->unusable);
  g_free (info->device);
  g_clear_error (&info->no_device);
  g_strfreev (info->precisions);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Info, info_clear)

/* ---- finding out ---- */

/* "F32", or where values are stored in several types "F32, F16". */
static char *
list_dtypes (CnxModel * model)
{
  const guint stored = cnx_model_dtypes (model);
  GString *listed = g_string_new (NULL);

  for (CnxDtype dtype = 0; dtype < CNX_DTYPE_OTHER; dtype++)
    if (stored & 1u << dtype)
      g_string_append_printf (listed, "%s%s", listed->len ? ", " : "", cnx_dtype_name (dtype));
  return g_string_free (listed, FALSE);
}

static void
take_model (Info * info, CnxModel * model)
{
  info->model = model;
  info->name = cnx_model_name (model);
  info->arch = cnx_model_arch (model);
  info->dtypes = list_dtypes (model);
  info->recipe = *cnx_model_recipe (model);
  const GError *wrong = cnx_model_labels_error (model);
  info->labels = g_new0 (char *, info->arch->classes + 1);
  for (int i = 0; !wrong && i < info->arch->classes; i++)
    info->labels[i] = g_strdup (cnx_model_label (model, i));
  info->labels_from = wrong ? NULL : cnx_model_labels_from (model);
  info->labels_error = wrong ? wrong->message : NULL;
  if (info->arch->classes > 0)
    info->confidence = cnx_confidence_name (cnx_model_confidence (model));
  info->threshold = cnx_model_threshold (model, -1, -1);
}

/* What holds for weights of it that nothing lies beside. */
static void
take_variant (Info * info, const CnxVariant * variant, const char *name)
{
  info->name = name;
  info->arch = &variant->arch;
  cnx_recipe_init (&info->recipe);
  info->labels = cnx_labels_of_imagenet ();
  info->labels_from = CNX_IMAGENET_NAME;
  info->confidence = cnx_confidence_name (CNX_CONFIDENCE_SOFTMAX);
  info->threshold = -1;
}

/* The variant that is asked for where no weights are found by its name; otherwise NULL. */
static const CnxVariant *
find_bare_variant (const CnxCommonOptions * options)
{
  const char *name = options->model ? options->model : options->variant;
  const CnxVariant *variant = cnx_variant_find (name);
  g_auto (GStrv) dirs = cnx_model_dirs ();

  if (!variant || (options->model && (options->variant || g_file_test (name, G_FILE_TEST_EXISTS))))
    return NULL;
  g_autofree char *path = cnx_model_find (name, (const char *const *) dirs, NULL, NULL);
  return path ? NULL : variant;
}

/* The input of --size must be one that a network takes; a file may say what it likes. */
static gboolean
set_input (Info * info, int size, GError ** error)
{
  info->height = size ? size : info->recipe.height;
  info->width = size ? size : info->recipe.width;
  return cnx_arch_check_input (info->height, info->width, size ? error : &info->unusable) || !size;
}

/* A machine without a device can still tell what a model is; a device that was named must be there. */
static gboolean
set_precisions (Info * info, const CnxCommonOptions * options, GError ** error)
{
  g_autoptr (CnxDevice) device = cnx_device_open (options->device, options->threads, &info->no_device);
  g_autoptr (GPtrArray) all = NULL;

  if (device) {
    info->device = g_strdup (cnx_device_info (device)->name);
    info->precisions = cnx_precisions (device);
    return TRUE;
  }
  info->precisions = g_new0 (char *, 1);
  all = cnx_devices_list ();
  if (!options->device || all->len == 0)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&info->no_device));
  return FALSE;
}

/* ---- as text ---- */

static const char *
version_text (int version)
{
  return version == 2 ? "2 (global response normalisation)" : "1 (layer scale)";
}

/* From the papers' ConvNeXt. */
static void
print_differences (const CnxArch * arch)
{
  g_auto (GStrv) differences = cnx_arch_differences (arch);
  g_autofree char *text = g_strjoinv (", ", differences);

  if (*text)
    printf ("differs     %s\n", text);
}

static void
print_labels (const Info * info)
{
  g_autofree char *wrong = cnx_printable (info->labels_error ? info->labels_error : "it has no classifier");

  printf ("labels      ");
  if (!info->labels[0]) {
    printf ("none: %s\n", wrong);
    return;
  }
  for (int i = 0; i < FIRST_LABELS && info->labels[i]; i++) {
    g_autofree char *quoted = cnx_json_string (info->labels[i]), *shown = cnx_printable (quoted);
    printf ("%s%s", i ? ", " : "", shown);
  }
  g_autofree char *from = cnx_printable (info->labels_from ? info->labels_from : "");
  printf ("%s\n            %d, %s%s\n", info->arch->classes > FIRST_LABELS ? " ..." : "", info->arch->classes,
      info->labels_from ? "from " : "by number: nothing names them", from);
}

static void
print_confidence (const Info * info)
{
  const gboolean one = g_strcmp0 (info->confidence, cnx_confidence_name (CNX_CONFIDENCE_SOFTMAX)) == 0;

  if (info->confidence)
    printf ("confidence  %s: %s\n", info->confidence, one ? "a picture is of one class" : "each class by itself");
  if (info->threshold < 0)
    printf ("threshold   none of its own\n");
  else
    printf ("threshold   %g: the confidence that its labels should have\n", info->threshold);
}

static void
print_unread (CnxModel * model)
{
  guint count;
  const char *const *unread = cnx_model_unread (model, &count);
  g_autofree char *names = g_strjoinv (", ", (char **) unread);

  if (count > CNX_MAX_UNREAD)
    printf ("not read    %s and %u more\n", names, count - CNX_MAX_UNREAD);
  else if (count > 0)
    printf ("not read    %s\n", names);
}

static void
print_recipe (const CnxRecipe * recipe)
{
  printf ("recipe      %d x %d, resize %d, crop %s%s, %s\n", recipe->width, recipe->height, recipe->resize,
      cnx_crop_mode_name (recipe->crop_mode), recipe->crop_rounding == CNX_CROP_ROUNDING_DOWN ? " rounded down" : "",
      cnx_interpolation_name (recipe->interpolation));
  printf ("            mean %.6g, %.6g, %.6g; std %.6g, %.6g, %.6g\n", recipe->mean[0], recipe->mean[1],
      recipe->mean[2], recipe->std[0], recipe->std[1], recipe->std[2]);
}

static void
print_table (const Info * info)
{
  CnxPartCost costs[CNX_N_PARTS];

  cnx_arch_costs (info->arch, info->height, info->width, costs);
  printf ("\n%-12s%11s %8s %10s %12s %12s\n", "", "output", "blocks", "channels", "parameters", "MACs, 10^6");
  for (int part = 0; part < CNX_N_PARTS; part++) {
    const CnxPartCost *cost = &costs[part];
    g_autofree char *output = g_strdup_printf ("%d x %d", cost->width, cost->height);
    g_autofree char *blocks = cost->blocks ? g_strdup_printf ("%d", cost->blocks) : g_strdup ("");

    printf ("%-12s%11s %8s %10d %12" G_GUINT64_FORMAT " %12.3f\n", cnx_part_name (part), output, blocks,
        cost->channels, cost->parameters, cost->macs / 1e6);
  }
  printf ("%-12s%11s %8s %10s %12" G_GUINT64_FORMAT " %12.3f\n", "all", "", "", "", cnx_arch_parameters (info->arch),
      cnx_arch_macs (info->arch, info->height, info->width) / 1e6);
  printf ("\nFor an input of %d x %d. A stage counts the downsample before it; MACs are those of convolutions and "
      "linears.\n", info->width, info->height);
}

/* @format with one %s, which may be a stranger's. */
static void G_GNUC_PRINTF (1, 0)
print_line (const char *format, const char *text)
{
  g_autofree char *shown = cnx_printable (text);

  printf (format, shown);
}

static void
print_text (const Info * info)
{
  const CnxVariant *variant = cnx_variant_of (info->arch);
  g_autofree char *precisions = g_strjoinv (", ", info->precisions);

  print_line ("name        %s\n", info->name);
  if (info->model)
    print_line ("file        %s\n", cnx_model_path (info->model));
  else
    printf ("file        no weights here; `convnext fetch %s` gets them\n", info->name);
  printf ("variant     %s\n", variant ? variant->name : "none that was published");
  printf ("version     %s\n", version_text (info->arch->version));
  print_differences (info->arch);
  if (info->model)
    printf ("naming      %s\nvalues      %s\n", cnx_scheme_name (cnx_model_scheme (info->model)), info->dtypes);
  if (info->model)
    print_unread (info->model);
  print_labels (info);
  print_confidence (info);
  print_recipe (&info->recipe);
  if (info->device)
    printf ("precisions  %s, on %s\n", precisions, info->device);
  else
    print_line ("precisions  none here: %s\n", info->no_device->message);
  print_table (info);
  if (info->unusable)
    print_line ("It cannot run at its own size: %s.\n", info->unusable->message);
}

/* ---- as JSON ---- */

/* NULL is null. */
static void
print_member (const char *key, const char *text)
{
  g_autofree char *quoted = text ? cnx_json_string (text) : g_strdup ("null");

  printf ("\"%s\": %s, ", key, quoted);
}

static void
print_strings (const char *key, char **strings)
{
  printf ("\"%s\": [", key);
  for (int i = 0; strings[i]; i++) {
    g_autofree char *quoted = cnx_json_string (strings[i]);
    printf ("%s%s", i ? ", " : "", quoted);
  }
  printf ("], ");
}

static void
print_four (const char *key, const int values[CNX_STAGES])
{
  printf ("\"%s\": [%d, %d, %d, %d], ", key, values[0], values[1], values[2], values[3]);
}

static void
print_recipe_member (const CnxRecipe * recipe)
{
  printf ("\"recipe\": {\"size\": %d, \"width\": %d, \"resize\": %d, ", recipe->height, recipe->width, recipe->resize);
  print_member ("crop_mode", cnx_crop_mode_name (recipe->crop_mode));
  print_member ("crop_rounding", cnx_crop_rounding_name (recipe->crop_rounding));
  print_member ("interpolation", cnx_interpolation_name (recipe->interpolation));
  printf ("\"mean\": [%.7g, %.7g, %.7g], \"std\": [%.7g, %.7g, %.7g]}, ", recipe->mean[0], recipe->mean[1],
      recipe->mean[2], recipe->std[0], recipe->std[1], recipe->std[2]);
}

static void
print_stages_member (const Info * info)
{
  CnxPartCost costs[CNX_N_PARTS];

  cnx_arch_costs (info->arch, info->height, info->width, costs);
  printf ("\"stages\": [");
  for (int part = 0; part < CNX_N_PARTS; part++)
    printf ("%s{\"where\": \"%s\", \"height\": %d, \"width\": %d, \"blocks\": %d, \"channels\": %d, \"parameters\": %"
        G_GUINT64_FORMAT ", \"macs\": %" G_GUINT64_FORMAT "}", part ? ", " : "", cnx_part_name (part),
        costs[part].height, costs[part].width, costs[part].blocks, costs[part].channels, costs[part].parameters,
        costs[part].macs);
  printf ("]");
}

static void
print_unread_member (CnxModel * model)
{
  static const char *const none[] = { NULL };
  guint count = 0;
  const char *const *unread = model ? cnx_model_unread (model, &count) : none;

  printf ("\"unread\": {");
  print_strings ("first", (char **) unread);
  printf ("\"count\": %u}, ", count);
}

static void
print_json (const Info * info)
{
  g_auto (GStrv) differences = cnx_arch_differences (info->arch);
  const CnxVariant *variant = cnx_variant_of (info->arch);

  printf ("{");
  print_member ("name", info->name);
  print_member ("file", info->model ? cnx_model_path (info->model) : NULL);
  print_member ("variant", variant ? variant->name : NULL);
  printf ("\"version\": %d, ", info->arch->version);
  print_member ("scheme", info->model ? cnx_scheme_name (cnx_model_scheme (info->model)) : NULL);
  print_member ("dtype", info->dtypes);
  print_unread_member (info->model);
  print_four ("depths", info->arch->depths);
  print_four ("dims", info->arch->dims);
  print_strings ("differences", differences);
  printf ("\"classes\": %d, ", info->arch->classes);
  print_strings ("labels", info->labels);
  print_member ("labels_from", info->labels_from);
  print_member ("labels_error", info->labels_error);
  print_member ("confidence", info->confidence);
  if (info->threshold < 0)
    printf ("\"threshold\": null, ");
  else
    printf ("\"threshold\": %.17g, ", info->threshold);
  print_recipe_member (&info->recipe);
  print_member ("device", info->device);
  print_strings ("precisions", info->precisions);
  printf ("\"size\": %d, \"width\": %d, \"parameters\": %" G_GUINT64_FORMAT ", \"macs\": %" G_GUINT64_FORMAT ", ",
      info->height, info->width, cnx_arch_parameters (info->arch),
      cnx_arch_macs (info->arch, info->height, info->width));
  print_stages_member (info);
  printf ("}\n");
}

/* ---- the command ---- */

int
cnx_info_main (int argc, char **argv)
{
  g_auto (CnxCommonOptions) options = { 0 };
  g_auto (Info) info = { 0 };
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = { {NULL} };

  if (!cnx_parse_options (&options, CNX_TAKES_VARIANT | CNX_TAKES_SIZE | CNX_TAKES_JSON, entries, "[MODEL]",
          "Tells what a model is (a file, a folder, a name; the one that ships without any): its architecture and\n"
          "what each stage takes, how pictures become its input, its labels, and the precisions that it can run in\n"
          "here. Of a published variant's name without its weights: its architecture.", argc, argv))
    return CNX_EXIT_USAGE;
  const CnxVariant *variant = find_bare_variant (&options);
  if (variant) {
    take_variant (&info, variant, options.model ? options.model : options.variant);
  } else {
    CnxModel *model = cnx_model_open_unlabelled (options.model, options.variant, NULL, &error);
    if (!model)
      return cnx_fail (error);
    take_model (&info, model);
  }
  if (!set_input (&info, options.size, &error) || !set_precisions (&info, &options, &error))
    return cnx_fail (error);
  (options.json ? print_json : print_text) (&info);
  return CNX_EXIT_OK;
}
