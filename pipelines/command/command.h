/* The `convnext` command: one function for each of its subcommands, and the options that they share. */
#pragma once

#include "core/model/model.h"
#include "opencl/device.h"
#include "opencl/network.h"

G_BEGIN_DECLS

/** A line on standard error, whatever is in it: see cnx_printable(). */
void cnx_say (const char *format, ...) G_GNUC_PRINTF (1, 2);

/** What a subcommand's process returns: done, failed, or called wrongly. */
enum
{ CNX_EXIT_OK = 0, CNX_EXIT_FAILED = 1, CNX_EXIT_USAGE = 2 };

/** Subcommands. argv[0] is the subcommand's name. */
int cnx_bench_main (int argc, char **argv);
int cnx_convert_main (int argc, char **argv);
int cnx_devices_main (int argc, char **argv);
int cnx_info_main (int argc, char **argv);
int cnx_fetch_main (int argc, char **argv);
int cnx_run_main (int argc, char **argv);
int cnx_tag_main (int argc, char **argv);
int cnx_tune_main (int argc, char **argv);
int cnx_watch_main (int argc, char **argv);

/** What a subcommand takes beside --device and --threads. */
typedef enum
{
  CNX_TAKES_VARIANT = 1 << 0,   /* MODEL, --variant */
  CNX_TAKES_SIZE = 1 << 1,      /* --size */
  CNX_TAKES_JSON = 1 << 2,      /* --json */
  CNX_TAKES_IMAGES = 1 << 3,    /* --image, and every word behind the first one */
  CNX_TAKES_PRECISION = 1 << 6, /* --precision */
  CNX_TAKES_MODEL = CNX_TAKES_VARIANT | CNX_TAKES_PRECISION,
} CnxTakes;

/**
 * CnxCommonOptions:
 * @model: the argument; NULL where there is none
 * @images: char *, file names in the order given; NULL unless taken
 * @variant, @device, @threads, @precision: --variant, --device, --threads, --precision
 * @size: --size; 0: the model's own
 * @json: --json
 */
typedef struct
{
  char *model;
  GPtrArray *images;
  char *variant, *device;
  CnxPrecision precision;
  int threads, size;
  gboolean json;
} CnxCommonOptions;

void cnx_common_options_clear (CnxCommonOptions * options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxCommonOptions, cnx_common_options_clear)

/** Parses @entries and those of the shared options that it @takes (into @common) out of @argv. @synopsis: what follows
 * the options in the usage line. FALSE after printing what is wrong; after --help it does not return. */
gboolean cnx_parse_options (CnxCommonOptions * common, CnxTakes takes, const GOptionEntry * entries,
    const char *synopsis, const char *summary, int argc, char **argv);

/** Parses @entries out of @argc and @argv, which keep the command and its arguments. FALSE after printing what is
 * wrong. */
gboolean cnx_parse_arguments (const GOptionEntry * entries, const char *synopsis, const char *summary, int *argc,
    char ***argv);

/** Prints "convnext: MESSAGE" to standard error; returns CNX_EXIT_FAILED. */
int cnx_fail (const GError * error);

/** Prints "convnext: warning: NOTE" to standard error for each of @notes, which NULL ends, and frees them. */
void cnx_warn (char **notes);

/** Prints "convnext COMMAND: WHAT" to standard error; returns CNX_EXIT_USAGE. */
int cnx_wrong (const char *command, const char *what);

/** Brings what was printed to where it goes: @status, or where that failed, CNX_EXIT_FAILED in the place of
 * CNX_EXIT_OK, after saying so on standard error (a reader that has gone away need not be told). */
int cnx_flush (int status);

/** @text as a JSON string, with its quotes; what is no UTF-8 in it is replaced. Free with g_free(). */
char *cnx_json_string (const char *text);

/** From now on @clean_up is called when a signal is about to end the process; NULL: nothing is. It may only call what
 * signal-safety(7) lists. */
void cnx_set_clean_up (void (*clean_up) (void));

/** Has as many files open at once as the system lets it, for what has many jobs or cameras. */
void cnx_allow_files (void);

/** Opens a network for up to @batch pictures, by the options; writes the size it takes to @height and @width.
 * NULL and an error as cnx_device_open() and cnx_network_new() have them. */
CnxNetwork *cnx_open_network (const CnxCommonOptions * options, CnxDevice * device, CnxModel * model, int batch,
    int *height, int *width, GError ** error);

G_END_DECLS
