/* The command line of `convnext watch`: an option for each key of config.h, --config, and sources. */
#pragma once

#include "pipelines/watch/config.h"

G_BEGIN_DECLS

typedef struct _CnxWatchOptions CnxWatchOptions;

CnxWatchOptions *cnx_watch_options_new (void);
void cnx_watch_options_free (CnxWatchOptions * options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxWatchOptions, cnx_watch_options_free)

/** What to parse a command line by, ended by one whose name is NULL; what was said comes to @options. Sources are among
 * them, as G_OPTION_REMAINING. Owned by @options. */
const GOptionEntry *cnx_watch_options_entries (const CnxWatchOptions * options);

/** The path of --config; NULL: none was given. To be read again on SIGHUP. */
const char *cnx_watch_options_file (const CnxWatchOptions * options);

/** What was said: a file, or options and sources. Errors: as cnx_watch_config_load() has them, and CNX_ERROR_INPUT for
 * what is wrong in an option or a source, for no source, and for options or sources beside a file, which says it all.
 * Free with cnx_watch_config_free(). */
CnxWatchConfig *cnx_watch_options_config (const CnxWatchOptions * options, GError ** error);

G_END_DECLS
