/* convnext fetch: downloads a published checkpoint to where models are looked for. */
#include "pipelines/fetch/catalogue.h"
#include "pipelines/command/command.h"
#include "pipelines/fetch/download.h"
#include "pipelines/fetch/lock.h"
#include "pipelines/command/meter.h"
#include "pipelines/fetch/url.h"
#include "core/error.h"
#include "core/input/file_kind.h"
#include "core/input/input_file.h"
#include "core/input/json.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WEIGHTS "model.safetensors"
#define CONFIG "config.json"
#define PREPROCESSOR "preprocessor_config.json"
/* A folder in the model's: what has come, until all of it has. */
#define INCOMING "download"
#define MOST_CONFIG (G_GUINT64_CONSTANT (16) << 20)
#define MOST_WEIGHTS (G_GUINT64_CONSTANT (16) << 30)
#define MOST_TIMEOUT 3600
#define MOST_RETRIES 1000

typedef struct
{
  const char *name;
  char *url, *sha256, *ca_file;
  int timeout, retries;
  gboolean list, json, force, quiet, accept_licence;
} Options;

/* What tells how pictures become the input. */
static const char *const beside[] = { CONFIG, PREPROCESSOR };

/* One fetch: what is known of it (NULL for a name that only --url makes sense of), the weights'
 * URL, where they go, and where they come to first. */
typedef struct
{
  const Options *options;
  const CnxPublished *published;
  char *url, *folder, *incoming;
  CnxMeter meter;
} Fetch;

static void
options_clear (Options * options)
{
  g_free (options->url);
  g_free (options->sha256);
  g_free (options->ca_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- --list ---- */

static void
print_list (void)
{
  printf ("%-8s  %-40s  %6s  %10s  %9s  %s\n", "variant", "name", "top-1", "parameters", "download", "licence");
  for (const CnxPublished * p = cnx_catalogue (); p->variant; p++) {
    g_autofree char *size = cnx_meter_size (cnx_published_bytes (p));
    g_autofree char *top1 = p->top1 > 0 ? g_strdup_printf ("%.1f %%", p->top1) : g_strdup ("-");
    printf ("%-8s  %-40s  %6s  %8.1f M  %9s  %s\n", cnx_published_is_usual (p) ? p->variant : "-",
        cnx_published_id (p), top1, cnx_published_parameters (p) / 1e6, size, p->licence);
  }
}

static void
print_list_json (void)
{
  for (const CnxPublished * p = cnx_catalogue (); p->variant; p++) {
    g_autofree char *top1 = p->top1 > 0 ? g_strdup_printf ("%.1f", p->top1) : g_strdup ("null");
    g_autofree char *url = cnx_hub_url (cnx_published_id (p), WEIGHTS);
    printf ("{\"name\": \"%s\", \"variant\": \"%s\", \"usual\": %s, \"top1\": %s, \"parameters\": %" G_GUINT64_FORMAT
        ", \"bytes\": %" G_GUINT64_FORMAT ", \"licence\": \"%s\", \"url\": \"%s\"}\n", cnx_published_id (p), p->variant,
        cnx_published_is_usual (p) ? "true" : "false", top1, cnx_published_parameters (p), cnx_published_bytes (p),
        p->licence, url);
  }
}

/* ---- what is said ---- */

/* On a signal there is no time to put anything together: it is ready before. */
static struct
{
  volatile sig_atomic_t kept;   /* a later try can go on from the part */
  volatile sig_atomic_t useless;        /* there is one, and it cannot */
  char going_on[1024], beginning_anew[128];
  char *part;
} interrupted;

static void
tell_interrupted (void)
{
  const char *text = interrupted.kept ? interrupted.going_on : interrupted.beginning_anew;

  if (interrupted.useless)
    unlink (interrupted.part);
  if (write (STDERR_FILENO, text, strlen (text)) < 0)
    return;
}

static void
prepare_interrupted (const Fetch * fetch)
{
  g_autofree char *stem = g_build_filename (fetch->incoming, WEIGHTS, NULL);
  const char *erase = fetch->meter.on_terminal ? CNX_ERASE_LINE : "";

  g_snprintf (interrupted.going_on, sizeof interrupted.going_on, "%sconvnext: interrupted; what has come is kept in "
      "%.800s, and the same command goes on from there, if the server then sends the rest of the same file\n", erase,
      fetch->incoming);
  g_snprintf (interrupted.beginning_anew, sizeof interrupted.beginning_anew, "%sconvnext: interrupted; nothing that "
      "can be gone on from has come: the same command begins anew\n", erase);
  interrupted.part = g_strconcat (stem, ".part", NULL);
  interrupted.kept = cnx_download_is_begun (stem, fetch->url);
  interrupted.useless = FALSE;
  cnx_set_clean_up (tell_interrupted);
}

static void
end_interrupted (void)
{
  cnx_set_clean_up (NULL);
  g_clear_pointer (&interrupted.part, g_free);
}

static void G_GNUC_PRINTF (2, 3)
say (Fetch * fetch, const char *format, ...)
{
  va_list args;

  if (fetch->options->quiet)
    return;
  cnx_meter_clear (&fetch->meter);
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  cnx_say ("%s", text);
}

static void
on_say (const char *line, gpointer user_data)
{
  Fetch *fetch = user_data;

  say (fetch, "%s: %s", fetch->meter.file, line);
}

static void
on_lock (const char *line, gpointer user_data)
{
  say (user_data, "%s", line);
}

static void
on_progress (guint64 done, guint64 total, gboolean kept, gpointer user_data)
{
  Fetch *fetch = user_data;

  if (strcmp (fetch->meter.file, WEIGHTS) == 0) {
    interrupted.kept = kept;
    interrupted.useless = done > 0 && !kept;
  }
  if (done == 0)
    return;
  cnx_meter_update (&fetch->meter, done, total);
}

/* ---- what is made of what has come ---- */

static gboolean
check_config (const char *path, gpointer user_data, GError ** error)
{
  g_autoptr (JsonNode) root = cnx_json_load (path, error);

  return root != NULL;
}

/* Whatever else can be read: under that name there is nothing but safetensors, whose header follows 8 bytes. */
static gboolean
is_safetensors (const char *path)
{
  char head[9];
  FILE *file = fopen (path, "rbe");
  const gboolean is = file && fread (head, sizeof head, 1, file) == 1 && head[8] == '{';

  if (file)
    fclose (file);
  return is;
}

static gboolean
check_weights (const char *path, gpointer user_data, GError ** error)
{
  if (!is_safetensors (path)) {
    const char *kind = cnx_file_kind_of (path);
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "it is no safetensors file%s%s", kind ? ": it seems to be " : "",
        kind ? kind : "");
    return FALSE;
  }
  const CnxPublished *published = ((Fetch *) user_data)->published;
  g_autoptr (CnxModel) model = cnx_model_load (path, error);
  const CnxVariant *variant = model ? cnx_variant_of (cnx_model_arch (model)) : NULL;

  if (!model || !published || variant == cnx_variant_find (published->variant))
    return model != NULL;
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "it is %s, and %s is %s", variant ? variant->name :
      "no published variant", cnx_published_id (published), published->variant);
  return FALSE;
}

/* ---- into place ---- */

static gboolean
has_same_text (const char *a, const char *b)
{
  gsize left_length = 0, right_length = 0;
  g_autofree char *left = cnx_input_file_load (a, MOST_CONFIG, &left_length, NULL);
  g_autofree char *right = cnx_input_file_load (b, MOST_CONFIG, &right_length, NULL);

  return !left == !right && left_length == right_length && (!left || memcmp (left, right, left_length) == 0);
}

static gboolean
fail_to_place (const char *path, GError ** error)
{
  const int number = errno;

  g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_DISK, "cannot replace %s: %s", path, g_strerror (number));
  return FALSE;
}

static gboolean
place_beside (Fetch * fetch, const char *file, GError ** error)
{
  g_autofree char *come = g_build_filename (fetch->incoming, file, NULL);
  g_autofree char *path = g_build_filename (fetch->folder, file, NULL);

  if (g_rename (come, path) == 0)
    return TRUE;
  /* There is none of these weights: one that is there is of others. */
  return errno == ENOENT && (g_unlink (path) == 0 || errno == ENOENT) ? TRUE : fail_to_place (path, error);
}

/* The new weights are whole, checked with what is to stand beside them, and get their name next. Where that differs
 * from what stands beside the old ones, the old ones go first: whatever ends the process in between leaves no weights
 * that would be run with the others' config, and the part, from which the next fetch goes on. */
static gboolean
make_way (gpointer user_data, GError ** error)
{
  Fetch *fetch = user_data;
  gboolean same = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (beside); i++) {
    g_autofree char *come = g_build_filename (fetch->incoming, beside[i], NULL);
    g_autofree char *path = g_build_filename (fetch->folder, beside[i], NULL);
    same = same && has_same_text (come, path);
  }
  if (same)
    return TRUE;
  g_autofree char *weights = g_build_filename (fetch->folder, WEIGHTS, NULL);
  if (g_unlink (weights) != 0 && errno != ENOENT)
    return fail_to_place (weights, error);
  for (guint i = 0; i < G_N_ELEMENTS (beside); i++)
    if (!place_beside (fetch, beside[i], error))
      return FALSE;
  return TRUE;
}

/* ---- the files ---- */

static gboolean
download_file (Fetch * fetch, const char *url, const char *file, GError ** error)
{
  const Options *options = fetch->options;
  const gboolean is_weights = strcmp (file, WEIGHTS) == 0;
  g_autofree char *path = g_build_filename (is_weights ? fetch->folder : fetch->incoming, file, NULL);
  g_autofree char *stem = g_build_filename (fetch->incoming, file, NULL);
  g_autofree char *shown = cnx_url_shown (url);
  const CnxDownload download = {
    .url = url,
    .path = path,
    .stem = stem,
    .sha256 = is_weights ? options->sha256 : NULL,
    .ca_file = options->ca_file,
    .timeout = options->timeout,
    .retries = options->retries,
    .most = is_weights ? MOST_WEIGHTS : MOST_CONFIG,
    .check = is_weights ? check_weights : check_config,
    .ready = is_weights ? make_way : NULL,
    .progress = on_progress,
    .say = on_say,
    .user_data = fetch,
  };

  fetch->meter = (CnxMeter) {.file = file,.quiet = options->quiet,.on_terminal = isatty (STDERR_FILENO) };
  say (fetch, "%s: from %s", file, shown);
  const gboolean done = cnx_download (&download, error);
  cnx_meter_clear (&fetch->meter);
  return done;
}

/* What tells how pictures become the input goes first, so that the weights are checked with it. A mirror may lack it:
 * then the defaults of a checkpoint without one hold. */
static gboolean
download_beside (Fetch * fetch, const char *file, GError ** error)
{
  const gboolean may_lack = fetch->options->url != NULL;
  g_autofree char *url = may_lack ? g_uri_resolve_relative (fetch->options->url, file, G_URI_FLAGS_ENCODED, error) :
      cnx_hub_url (cnx_published_id (fetch->published), file);
  g_autoptr (GError) failed = NULL;

  if (!url)
    return FALSE;
  if (download_file (fetch, url, file, &failed))
    return TRUE;
  if (may_lack && g_error_matches (failed, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_ABSENT)) {
    say (fetch, "%s: there is none that can be had", file);
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&failed));
  return FALSE;
}

static void
remove_beside (Fetch * fetch)
{
  for (guint i = 0; i < G_N_ELEMENTS (beside); i++) {
    g_autofree char *come = g_build_filename (fetch->incoming, beside[i], NULL);
    g_unlink (come);
  }
}

static gboolean
download_all (Fetch * fetch, GError ** error)
{
  const CnxPublished *published = fetch->published;

  remove_beside (fetch);        /* of a fetch that was interrupted, from elsewhere perhaps */
  return download_beside (fetch, CONFIG, error)
      && (!(published ? published->has_preprocessor : TRUE) || download_beside (fetch, PREPROCESSOR, error))
      && download_file (fetch, fetch->url, WEIGHTS, error);
}

/* A file that is there was checked when it came: only a SHA-256 that it was not checked with is news. */
static gboolean
check_there (const Options * options, const char *path, GError ** error)
{
  g_autofree char *found = options->sha256 ? cnx_file_sha256 (path, error) : NULL;

  if (!options->sha256)
    return TRUE;
  if (found && g_ascii_strcasecmp (found, options->sha256) == 0)
    return TRUE;
  if (found)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s is there already, and its SHA-256 is %s, not %s; --force "
        "downloads it again", path, found, options->sha256);
  return FALSE;
}

/* Whether there is nothing to do; it is said then, or @error is set. */
static gboolean
is_there (const Options * options, const char *path, GError ** error)
{
  if (options->force || !g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  g_autofree char *shown = cnx_printable (path);
  if (check_there (options, path, error) && !options->quiet)
    printf ("%s is there already; --force downloads it again\n", shown);
  return TRUE;
}

/* With the lock. */
static void
fetch_locked (Fetch * fetch, const CnxLock * lock, const char *path, GError ** error)
{
  const Options *options = fetch->options;

  if (lock->waited && is_there (options, path, error))
    return;
  signal (SIGXFSZ, SIG_IGN);    /* a file that may not grow is an error to tell, as a full disk is */
  prepare_interrupted (fetch);
  const gboolean done = download_all (fetch, error);
  end_interrupted ();
  remove_beside (fetch);
  g_autofree char *shown = cnx_printable (path);
  if (done && !options->quiet)
    printf ("saved in %s\n", shown);
}

static int
fetch_all (Fetch * fetch)
{
  g_autofree char *path = g_build_filename (fetch->folder, WEIGHTS, NULL);
  g_autoptr (GError) error = NULL;
  CnxLock lock;

  fetch->meter = (CnxMeter) {.quiet = fetch->options->quiet,.on_terminal = isatty (STDERR_FILENO) };
  if (!is_there (fetch->options, path, &error)) {
    if (cnx_lock_take (&lock, fetch->incoming, on_lock, fetch, &error))
      fetch_locked (fetch, &lock, path, &error);
    cnx_lock_release (&lock);
    g_rmdir (fetch->folder);    /* where nothing has come, there need not be one */
  }
  return error ? cnx_fail (error) : CNX_EXIT_OK;
}

/* ---- what is asked for ---- */

/* A name that only --url makes sense of is a folder's. */
static gboolean
is_folder_name (const char *name)
{
  return name[0] != '.' && strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == strlen (name)
      && strlen (name) <= 100;
}

static const char *
find_wrong (const Options * options)
{
  if (options->json && !options->list)
    return "--json goes with --list";
  if (options->timeout < 1 || options->timeout > MOST_TIMEOUT)
    return "--timeout takes 1 to " G_STRINGIFY (MOST_TIMEOUT) " seconds";
  if (options->retries < 0 || options->retries > MOST_RETRIES)
    return "--retries takes 0 to " G_STRINGIFY (MOST_RETRIES);
  if (options->sha256 && !cnx_is_sha256 (options->sha256))
    return "--sha256 takes 64 hexadecimal digits";
  if (options->url && cnx_url_find_wrong (options->url))
    return cnx_url_find_wrong (options->url);
  if (!options->list && (!options->name || !*options->name))
    return "NAME says what to fetch; --list tells the names";
  return NULL;
}

static int
fail_unknown (const char *name)
{
  g_autofree char *near = cnx_catalogue_near (name);
  g_autoptr (GError) error = g_error_new (CNX_ERROR, CNX_ERROR_NOT_FOUND,
      "no published checkpoint is called '%s'%s%s; `convnext fetch --list` tells all names", name,
      *near ? ", but there are " : "", near);

  return cnx_fail (error);
}

static int
fail_licence (const CnxPublished * published)
{
  g_autoptr (GError) error = g_error_new (CNX_ERROR, CNX_ERROR_INPUT, "%s is licensed %s: not for commercial use; "
      "--accept-licence takes it under that licence", cnx_published_id (published), published->licence);

  return cnx_fail (error);
}

static int
fetch_named (const Options * options)
{
  const CnxPublished *published = cnx_catalogue_find (options->name);
  g_autofree char *models = cnx_model_user_dir ();

  if (!published && !(options->url && is_folder_name (options->name)))
    return fail_unknown (options->name);
  if (published && cnx_published_is_non_commercial (published) && !options->accept_licence)
    return fail_licence (published);
  const char *name = published ? strchr (cnx_published_id (published), '/') + 1 : options->name;
  g_autofree char *folder = g_build_filename (models, name, NULL);
  g_autofree char *incoming = g_build_filename (folder, INCOMING, NULL);
  g_autofree char *url = options->url ? g_strdup (options->url) :
      cnx_hub_url (cnx_published_id (published), WEIGHTS);
  Fetch fetch = {.options = options,.published = published,.url = url,.folder = folder,.incoming = incoming };
  return fetch_all (&fetch);
}

int
cnx_fetch_main (int argc, char **argv)
{
  g_auto (Options) options = {.timeout = 30,.retries = 4 };
  const GOptionEntry entries[] = {
    {"list", 'l', 0, G_OPTION_ARG_NONE, &options.list, "List what can be fetched", NULL},
    {"url", 0, 0, G_OPTION_ARG_STRING, &options.url,
        "Where to get the weights instead; config.json is looked for beside them", "URL"},
    {"sha256", 0, 0, G_OPTION_ARG_STRING, &options.sha256, "What the SHA-256 of the weights must be", "HEX"},
    {"accept-licence", 0, 0, G_OPTION_ARG_NONE, &options.accept_licence,
        "Take weights that are not for commercial use", NULL},
    {"accept-license", 0, 0, G_OPTION_ARG_NONE, &options.accept_licence, "The same", NULL},
    {"force", 'f', 0, G_OPTION_ARG_NONE, &options.force, "Download again what is there already", NULL},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "Print nothing but errors", NULL},
    {"retries", 0, 0, G_OPTION_ARG_INT, &options.retries, "Tries after one that failed (default: 4)", "N"},
    {"timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
        "Seconds without a connection or a byte that end a try (default: 30)", "S"},
    {"cacert", 0, 0, G_OPTION_ARG_FILENAME, &options.ca_file,
        "Certificates to trust instead of the system's, in PEM", "FILE"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print the list as JSON objects, one a line", NULL},
    {NULL}
  };

  if (!cnx_parse_arguments (entries, "NAME | --list",
          "Downloads a published checkpoint, by its name or a variant's (S, tiny, v2-atto), to the folder where\n"
          "models are looked for. What was interrupted goes on where it ended.", &argc, &argv))
    return CNX_EXIT_USAGE;
  options.name = argc > 1 ? argv[1] : NULL;
  const char *wrong = argc > 2 ? "one name at a time" : find_wrong (&options);
  if (wrong)
    return cnx_wrong ("fetch", wrong);
  if (!options.list)
    return fetch_named (&options);
  if (options.json)
    print_list_json ();
  else
    print_list ();
  return CNX_EXIT_OK;
}
