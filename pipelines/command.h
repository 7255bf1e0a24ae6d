/* The `convnext` command: one function for each of its subcommands, and the options that they share. */
#pragma once

#include "core/model.h"
#include "opencl/device.h"
#include "opencl/network.h"

G_BEGIN_DECLS

/** What a subcommand's process returns: done, failed, or called wrongly. */
enum
{ CNX_EXIT_OK = 0, CNX_EXIT_FAILED = 1, CNX_EXIT_USAGE = 2 };

/** Subcommands. argv[0] is the subcommand's name. */
int cnx_bench_main (int argc, char **argv);
int cnx_devices_main (int argc, char **argv);
int cnx_run_main (int argc, char **argv);
int cnx_tune_main (int argc, char **argv);

/**
 * CnxCommonOptions:
 * @variant, @device, @threads, @precision: --variant, --device, --threads, --precision
 * @size: --size; 0: the model's own
 * @json: --json
 */
typedef struct
{
  char *variant, *device, *precision;
  int threads, size;
  gboolean json;
} CnxCommonOptions;

void cnx_common_options_clear (CnxCommonOptions * options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxCommonOptions, cnx_common_options_clear)

/** Parses @entries and the shared options (into @common) out of @argv; what is left over is in @argc and @argv, with
 * argv[0]. @synopsis: what follows the subcommand's name in the usage line. FALSE after printing what is wrong. */
gboolean cnx_parse_options (CnxCommonOptions * common, const GOptionEntry * entries, const char *synopsis,
    const char *summary, int *argc, char ***argv);

/** Prints "convnext: MESSAGE" to standard error; returns CNX_EXIT_FAILED. */
int cnx_fail (const GError * error);

/** Opens a network for up to @batch pictures, by the options; writes the size it takes to @height and @width.
 * NULL and an error as cnx_device_open() and cnx_network_new() have them. */
CnxNetwork *cnx_open_network (const CnxCommonOptions * options, CnxDevice * device, CnxModel * model, int batch,
    int *height, int *width, GError ** error);

G_END_DECLS
