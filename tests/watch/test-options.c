/* What the command line says, by the same keys as a file. */
#include "pipelines/watch/options.h"

#include <string.h>

#include "core/error.h"
#include "tests/support/temp_files.h"

#define SECRET "sesame"

/* @line: words with spaces between. */
static CnxWatchOptions *
parse (const char *line)
{
  g_autofree char *whole = g_strconcat ("watch", *line ? " " : "", line, NULL);
  g_auto (GStrv) words = g_strsplit (whole, " ", -1);
  g_autofree char **argv = g_memdup2 (words, (g_strv_length (words) + 1) * sizeof *words);
  int argc = g_strv_length (words);
  CnxWatchOptions *options = cnx_watch_options_new ();
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, cnx_watch_options_entries (options), NULL);
  g_assert_true (g_option_context_parse (context, &argc, &argv, &error));
  g_assert_no_error (error);
  return options;
}

static CnxWatchConfig *
config_of (const char *line)
{
  g_autoptr (CnxWatchOptions) options = parse (line);
  g_autoptr (GError) error = NULL;
  CnxWatchConfig *config = cnx_watch_options_config (options, &error);

  g_assert_no_error (error);
  return config;
}

static const CnxCameraConfig *
camera_of (const CnxWatchConfig * config, guint i)
{
  g_assert_cmpuint (i, <, config->cameras->len);
  return config->cameras->pdata[i];
}

static void
test_options (void)
{
  g_autoptr (CnxWatchConfig) config = config_of ("--max-rate 2 --smoothing 500 -p int8 --publish a.jsonl --publish - "
      "--top-k 1 -k 3 --clip-labels cat --loop --listen none door=rtsp://me@door/a=b test://ball film=a=b.mp4 "
      "./a=b.mp4");
  g_autofree char *folder = g_get_current_dir (), *path = g_build_filename (folder, "a.jsonl", NULL);
  static const char *const names[] = { "door", "camera2", "film", "camera4" };

  g_assert_cmpint (config->precision, ==, CNX_PRECISION_INT8);
  g_assert_cmpuint (config->top_k, ==, 3);
  g_assert_null (config->listen);
  g_assert_cmpuint (g_strv_length (config->clip_labels), ==, 1);
  g_assert_cmpuint (config->cameras->len, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const CnxCameraConfig *camera = camera_of (config, i);
    g_assert_cmpstr (camera->name, ==, names[i]);
    g_assert_cmpfloat (camera->max_rate, ==, 2);
    g_assert_cmpuint (camera->smoothing, ==, 500);
    g_assert_true (camera->loop);
    g_assert_cmpstr (camera->publish[0], ==, path);
    g_assert_cmpstr (camera->publish[1], ==, "-");
    g_assert_null (camera->publish[2]);
  }
  g_assert_cmpstr (camera_of (config, 0)->source, ==, "rtsp://door/a=b");
  g_assert_cmpstr (camera_of (config, 0)->user, ==, "me");
  g_assert_cmpstr (camera_of (config, 1)->source, ==, "test://ball");
  g_assert_true (g_str_has_suffix (camera_of (config, 2)->source, "/a=b.mp4"));
  g_assert_cmpstr (camera_of (config, 2)->source, ==, camera_of (config, 3)->source);
}

/* A name of the usual kind that somebody else took. */
static void
test_numbers (void)
{
  g_autoptr (CnxWatchConfig) config = config_of ("camera2=test://ball test://snow");

  g_assert_cmpstr (camera_of (config, 1)->name, ==, "camera3");
}

/* The same is said by a file and by options. */
static void
test_same (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_write_text (dir, "watch.conf",
      "[watch]\ntop-k=2\nclips-limit=2G\nthreshold=0.5\nuser=me\n[camera door]\nsource=rtsp://door/\n");
  g_autofree char *line = g_strconcat ("--config ", path, NULL);
  g_autoptr (CnxWatchOptions) options = parse (line);
  g_autoptr (CnxWatchConfig) file = cnx_watch_options_config (options, NULL);
  g_autoptr (CnxWatchConfig) said = config_of ("--top-k=2 --clips-limit 2G --threshold 0.5 -u me door=rtsp://door/");

  g_assert_cmpstr (cnx_watch_options_file (options), ==, path);
  g_assert_cmpuint (cnx_watch_config_compare (file, said), ==, 0);
  g_assert_true (cnx_camera_config_equal (camera_of (file, 0), camera_of (said, 0)));
}

static void
test_wrong (void)
{
  static const struct
  {
    const char *line, *where, *said;
  } rows[] = {
    {"", "--config", "what is to be watched?"}, {"--top-k 2", "--config", "what is to be watched?"},
    {"--max-rate 1001 test://ball", "--max-rate", "a number from 0 to 1000, and not '1001'"},
    {"--top-k 0 --top-k 1 test://ball", "--top-k", "from 1 to 1000"},
    {"--publish mqtt://me:" SECRET "@a/t test://ball", "--publish", "it holds a password"},
    {"--listen 0.0.0.0:80 test://ball", "--listen", "say token-file"},
    {"rtsp://me:" SECRET "@door/", "camera camera1", "it holds a password"},
    {"door=rtsp://me:" SECRET "@door/", "camera door", "it holds a password"},
    {"door=", "camera door", "no source"}, {"=test://ball", "cannot be called ''", "a letter or a digit"},
    {"do@" SECRET "=test://ball", "cannot be called", "not shown"},
    {"d%r=test://ball", "cannot be called 'd%r'", "a letter or a digit"},
    {"a=test://ball a=test://snow", "camera a", "another camera of that name"},
    {"--password-file /dev/null rtsp://door/", "--password-file", "not a file"},
    {"--password-env CNX_TEST_NONE rtsp://door/", "--password-env", "CNX_TEST_NONE"},
    {"--password=" SECRET " -u me rtsp://door/", "--password:", "--password-file or --password-env"},
    {"--config a --password " SECRET, "--password:", "--password-file or --password-env"},
    {"--config a test://ball", "--config", "sources go with no --config"},
    {"--config a --loop", "--loop", "the file says it all"}, {"--config a --max-rate 1", "--max-rate", "says it all"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxWatchOptions) options = parse (rows[i].line);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxWatchConfig) config = cnx_watch_options_config (options, &error);

    if (config)
      g_error ("it was taken: %s", rows[i].line);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    cnx_test_assert_message (error, rows[i].where, rows[i].said, NULL);
    g_assert_null (strstr (error->message, SECRET));
  }
}

static void
test_unknown (void)
{
  g_autoptr (CnxWatchConfig) config = cnx_watch_config_new ();
  static const char *const values[] = { "a", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (cnx_watch_config_set (config, "source", values, &error));
  cnx_test_assert_message (error, "--source", "no such option", NULL);
}

/* No two options have one letter, and none that all commands have. */
static void
test_letters (void)
{
  g_autoptr (CnxWatchOptions) options = cnx_watch_options_new ();
  g_autoptr (GString) letters = g_string_new ("h?");

  for (const GOptionEntry * entry = cnx_watch_options_entries (options); entry->long_name; entry++)
    if (entry->short_name) {
      g_assert_null (strchr (letters->str, entry->short_name));
      g_string_append_c (letters, entry->short_name);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/taken", test_options);
  g_test_add_func ("/options/numbers", test_numbers);
  g_test_add_func ("/options/same", test_same);
  g_test_add_func ("/options/wrong", test_wrong);
  g_test_add_func ("/options/unknown", test_unknown);
  g_test_add_func ("/options/letters", test_letters);
  return g_test_run ();
}
