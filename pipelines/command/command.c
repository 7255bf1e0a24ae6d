#include "pipelines/command/command.h"
#include "core/error.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

void
cnx_common_options_clear (CnxCommonOptions * options)
{
  g_free (options->model);
  g_clear_pointer (&options->images, g_ptr_array_unref);
  g_free (options->variant);
  g_free (options->device);
}

static gboolean
take_image (const char *name, const char *value, gpointer data, GError ** error)
{
  CnxCommonOptions *common = data;

  g_ptr_array_add (common->images, g_strdup (value));
  return TRUE;
}

/* What is no option: the model, or behind an --image one more of them, as a shell writes out `--image *.jpg`. */
static gboolean
take_word (const char *name, const char *value, gpointer data, GError ** error)
{
  CnxCommonOptions *common = data;

  if (common->images->len > 0)
    return take_image (name, value, data, error);
  if (common->model) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "one model at a time ('%s' and '%s'); pictures "
        "come behind --image", common->model, value);
    return FALSE;
  }
  common->model = g_strdup (value);
  return TRUE;
}

/* What a parsed command line has wrong, or NULL. */
static const char *
find_wrong (CnxCommonOptions * common, CnxTakes takes, const char *precision, int n_arguments, GError ** error)
{
  if (n_arguments > 1 && (takes & CNX_TAKES_MODEL))
    return "one model at a time";
  if (n_arguments > 0 && !(takes & CNX_TAKES_MODEL))
    return "it takes no arguments";
  if (common->threads < 0)
    return "--threads takes nothing below 0";
  if (common->size < 0)
    return "--size takes nothing below 0";
  return cnx_precision_parse (precision, &common->precision, error) ? NULL : (*error)->message;
}

/* GLib's own --help ends the process without a look at whether it could be printed. */
static gboolean
print_help (const char *name, const char *value, gpointer data, GError ** error)
{
  char *help = g_option_context_get_help (data, FALSE, NULL);

  fputs (help, stdout);
  g_free (help);
  exit (cnx_flush (CNX_EXIT_OK));
}

static void
add_help (GOptionContext * context)
{
  const GOptionEntry entries[] = {
    {"help", 'h', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, print_help, "Show help options", NULL},
    {"help-all", '?', G_OPTION_FLAG_NO_ARG | G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK, print_help, NULL, NULL},
    {NULL}
  };
  GOptionGroup *group = g_option_group_new ("help", "Help Options:", "", context, NULL);

  g_option_context_set_help_enabled (context, FALSE);
  g_option_group_add_entries (group, entries);
  g_option_context_add_group (context, group);
}

/* @data: what the entries' callbacks get. */
static GOptionContext *
new_context (const char *synopsis, const char *summary, const GOptionEntry * entries, gpointer data)
{
  GOptionContext *context = g_option_context_new (synopsis);

  g_option_context_set_main_group (context, g_option_group_new (NULL, NULL, NULL, data, NULL));
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);
  add_help (context);
  return context;
}

static gboolean
parse (GOptionContext * context, int *argc, char ***argv, GError ** error)
{
  g_autofree char *program = g_strdup_printf ("convnext %s", **argv);
  gboolean ok;

  g_set_prgname (program);      /* begins the usage line */
  ok = g_option_context_parse (context, argc, argv, error);
  g_set_prgname ("convnext");
  return ok;
}

gboolean
cnx_parse_options (CnxCommonOptions * common, CnxTakes takes, const GOptionEntry * entries, const char *synopsis,
    const char *summary, int argc, char **argv)
{
  g_autofree char *precision = NULL;
  const GOptionEntry variant[] = { {"variant", 0, 0, G_OPTION_ARG_STRING, &common->variant,
      "A published variant: T, S, B, L, XL, atto ... nano, v2-T ...", "NAME"}, {NULL}
  };
  const GOptionEntry precisions[] = { {"precision", 'p', 0, G_OPTION_ARG_STRING, &precision,
      "auto, fp32, fp16, bf16 or int8 (default: auto)", "P"}, {NULL}
  };
  const GOptionEntry size[] = { {"size", 0, 0, G_OPTION_ARG_INT, &common->size,
      "Pixels of the input's sides, a multiple of 32 (default: the model's own)", "N"}, {NULL}
  };
  const GOptionEntry device[] = {
    {"device", 'd', 0, G_OPTION_ARG_STRING, &common->device,
        "auto, gpu, cpu, an index or a part of a name (default: auto)", "DEVICE"},
    {"threads", 't', 0, G_OPTION_ARG_INT, &common->threads, "Threads of a CPU device (default: all)", "N"},
    {NULL}
  };
  const GOptionEntry images[] = {
    {"image", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, take_image,
        "A picture; so is every FILE behind it, and there may be several", "FILE"},
    {G_OPTION_REMAINING, 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, take_word, NULL, NULL},
    {NULL}
  };
  const GOptionEntry json[] = { {"json", 0, 0, G_OPTION_ARG_NONE, &common->json,
      "Print JSON objects, one a line", NULL}, {NULL}
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = new_context (synopsis, summary, entries, common);
  const char *command = argv[0], *wrong = NULL;

  if (takes & CNX_TAKES_IMAGES) {
    common->images = g_ptr_array_new_with_free_func (g_free);
    g_option_context_add_main_entries (context, images, NULL);
  }
  if (takes & CNX_TAKES_VARIANT)
    g_option_context_add_main_entries (context, variant, NULL);
  if (takes & CNX_TAKES_PRECISION)
    g_option_context_add_main_entries (context, precisions, NULL);
  if (takes & CNX_TAKES_SIZE)
    g_option_context_add_main_entries (context, size, NULL);
  g_option_context_add_main_entries (context, device, NULL);
  if (takes & CNX_TAKES_JSON)
    g_option_context_add_main_entries (context, json, NULL);
  if (!parse (context, &argc, &argv, &error))
    wrong = error->message;
  else
    wrong = find_wrong (common, takes, precision, argc - 1, &error);
  if (argc > 1 && !common->model)
    common->model = g_strdup (argv[1]);
  if (wrong)
    cnx_wrong (command, wrong);
  return wrong == NULL;
}

gboolean
cnx_parse_arguments (const GOptionEntry * entries, const char *synopsis, const char *summary, int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = new_context (synopsis, summary, entries, NULL);
  g_autoptr (GError) error = NULL;

  if (parse (context, argc, argv, &error))
    return TRUE;
  cnx_wrong (**argv, error->message);
  return FALSE;
}

void
cnx_say (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *line = cnx_printable (text);
  fprintf (stderr, "%s\n", line);
}

int
cnx_fail (const GError * error)
{
  cnx_say ("convnext: %s", error->message);
  return CNX_EXIT_FAILED;
}

void
cnx_warn (char **notes)
{
  for (guint i = 0; notes[i]; i++)
    cnx_say ("convnext: warning: %s", notes[i]);
  g_strfreev (notes);
}

int
cnx_wrong (const char *command, const char *what)
{
  cnx_say ("convnext %s: %s", command, what);
  fprintf (stderr, "\nRun it with --help for its options.\n");
  return CNX_EXIT_USAGE;
}

/* A full disk may tell only now. */
int
cnx_flush (int status)
{
  errno = 0;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  /* 0: of a write before this one, which did not say why */
  if (errno != EPIPE)
    cnx_say ("convnext: cannot write to the standard output%s%s", errno ? ": " : "",
        errno ? g_strerror (errno) : "");
  return status == CNX_EXIT_OK ? CNX_EXIT_FAILED : status;
}

char *
cnx_json_string (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), valid);

  return json_to_string (node, FALSE);
}

/* ---- signals ---- */

static void (*volatile clean_up_now) (void);

static void
on_signal (int number)
{
  if (clean_up_now)
    clean_up_now ();
  raise (number);               /* by now what it does by default, once this has returned */
}

void
cnx_allow_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

void
cnx_set_clean_up (void (*clean_up) (void))
{
  const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

  clean_up_now = clean_up;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    struct sigaction old, action = {.sa_handler = clean_up ? on_signal : SIG_DFL,.sa_flags = SA_RESETHAND };
    /* what nohup ignores stays ignored */
    if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction (numbers[i], &action, NULL);
  }
}

CnxNetwork *
cnx_open_network (const CnxCommonOptions * options, CnxDevice * device, CnxModel * model, int batch,
    int *height, int *width, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (model);

  *height = options->size ? options->size : recipe->height;
  *width = options->size ? options->size : recipe->width;
  const CnxNetworkOptions network = { *height, *width, batch, options->precision };
  return cnx_network_new (device, model, &network, error);
}
