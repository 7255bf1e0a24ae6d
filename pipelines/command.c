#include "pipelines/command.h"

#include <stdio.h>

void
cnx_common_options_clear (CnxCommonOptions * options)
{
  g_free (options->variant);
  g_free (options->device);
  g_free (options->precision);
}

gboolean
cnx_parse_options (CnxCommonOptions * common, const GOptionEntry * entries, const char *synopsis,
    const char *summary, int *argc, char ***argv)
{
  const GOptionEntry shared[] = {
    {"variant", 0, 0, G_OPTION_ARG_STRING, &common->variant,
        "A published variant: T, S, B, L, XL, atto ... nano, v2-T ...", "NAME"},
    {"device", 'd', 0, G_OPTION_ARG_STRING, &common->device,
        "auto, gpu, cpu, an index or a part of a name (default: auto)", "DEVICE"},
    {"threads", 't', 0, G_OPTION_ARG_INT, &common->threads, "Threads of a CPU device (default: all)", "N"},
    {"precision", 'p', 0, G_OPTION_ARG_STRING, &common->precision,
        "auto, fp32, fp16, bf16 or int8 (default: auto)", "P"},
    {"size", 0, 0, G_OPTION_ARG_INT, &common->size,
        "Pixels of the input's sides, a multiple of 32 (default: the model's own)", "N"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &common->json, "Print one JSON object", NULL},
    {NULL}
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup ((*argv)[0]);
  g_autofree char *usage = g_strdup_printf ("%s %s", name, synopsis);
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  /* the usage line is made of the program's name and what follows it */
  g_set_prgname ("convnext");
  g_autofree char *line = g_strdup_printf ("convnext %s", usage);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, shared, NULL);
  g_set_prgname (line);
  if (g_option_context_parse (context, argc, argv, &error)) {
    g_set_prgname ("convnext");
    return TRUE;
  }
  fprintf (stderr, "convnext %s: %s\n\n%s", name, error->message,
      "Run it with --help for its options.\n");
  return FALSE;
}

int
cnx_fail (const GError * error)
{
  fprintf (stderr, "convnext: %s\n", error->message);
  return CNX_EXIT_FAILED;
}

CnxNetwork *
cnx_open_network (const CnxCommonOptions * options, CnxDevice * device, CnxModel * model, int batch,
    int *height, int *width, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (model);
  CnxNetworkOptions network = {.max_batch = batch };

  if (!cnx_precision_parse (options->precision, &network.precision, error))
    return NULL;
  *height = network.height = options->size ? options->size : recipe->height;
  *width = network.width = options->size ? options->size : recipe->width;
  return cnx_network_new (device, model, &network, error);
}
