/* convnext: what a person runs in a terminal. */
#include "opencl/cache/folder.h"
#include "opencl/cache/pocl.h"
#include "pipelines/command/command.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct
{
  const char *name;
  int (*run) (int argc, char **argv);
  gboolean on_device;
  const char *summary;
} commands[] = {
  {"run", cnx_run_main, TRUE, "labels of pictures; logits and features of tensors"},
  {"bench", cnx_bench_main, TRUE, "milliseconds a frame and GFLOP/s, beside the device's peak"},
  {"tag", cnx_tag_main, TRUE, "labels of films, photographs and whole folders, into files"},
  {"watch", cnx_watch_main, TRUE, "cameras, kept going, with their labels on a page"},
  {"convert", cnx_convert_main, FALSE, "any checkpoint to safetensors in timm's naming, with its config"},
  {"tune", cnx_tune_main, TRUE, "find the fastest kernels for a device, once"},
  {"info", cnx_info_main, TRUE, "what a model or a variant is, and what it takes"},
  {"fetch", cnx_fetch_main, FALSE, "download a published checkpoint"},
  {"devices", cnx_devices_main, TRUE, "the OpenCL devices there are, and which one is taken"},
};

static void
usage (FILE * out)
{
  fprintf (out, "usage: convnext COMMAND [OPTION...]\n\ncommands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-9s %s\n", commands[i].name, commands[i].summary);
  fprintf (out, "\nconvnext COMMAND --help tells a command's options; convnext --version the version.\n");
}

static int
run (int argc, char **argv)
{
  if (argc < 2) {
    usage (stderr);
    return CNX_EXIT_USAGE;
  }
  if (strcmp (argv[1], "--version") == 0) {
    printf ("convnext %s\n", PACKAGE_VERSION);
    return CNX_EXIT_OK;
  }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0) {
    usage (stdout);
    return CNX_EXIT_OK;
  }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (strcmp (argv[1], commands[i].name) != 0)
      continue;
    if (commands[i].on_device)
      cnx_cache_set_up_pocl (); /* while there is one thread */
    return commands[i].run (argc - 1, argv + 1);
  }
  cnx_say ("convnext: there is no command '%s'", argv[1]);
  fprintf (stderr, "\n");
  usage (stderr);
  return CNX_EXIT_USAGE;
}

/* A file that a driver opens must not get the number of a stream that was closed: what is printed would go there. */
static void
occupy_streams (void)
{
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
      return;
}

/* What the parts below have to say: a warning, or, to who waits before a terminal, why it takes long. */
static void
on_message (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  if ((level & G_LOG_LEVEL_WARNING) || isatty (STDERR_FILENO))
    fprintf (stderr, "convnext: %s\n", message);
}

int
main (int argc, char **argv)
{
  occupy_streams ();
  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");  /* JSON and options have a point */
  g_log_set_handler (CNX_LOG_DOMAIN, G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO, on_message, NULL);
  return cnx_flush (run (argc, argv));
}
