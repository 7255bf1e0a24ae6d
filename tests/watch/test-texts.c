/* That the example, the manual and the README say of each key what the tables do. */
#include "pipelines/watch/config.h"

#include <string.h>

#include "tests/support/temp_files.h"

/* @text with one space in the place of every stretch of them, and of line ends with @prefix behind them. */
static char *
flat (const char *text, const char *prefix)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; lines[i]; i++) {
    const char *line = g_str_has_prefix (lines[i], prefix) ? lines[i] + strlen (prefix) : lines[i];
    g_string_append_printf (out, "%s%s", line, " ");
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static char *
read_file (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("CNX_TEST_DATA"), "..", "..", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
assert_has (const char *where, const char *text, const char *part)
{
  if (!strstr (text, part))
    g_error ("%s lacks: %s", where, part);
}

static const CnxKey *
key_number (guint i, gboolean * is_camera)
{
  const CnxKeys watch = cnx_watch_keys (), camera = cnx_camera_keys ();

  *is_camera = i >= watch.n;
  if (i < watch.n)
    return &watch.keys[i];
  return i - watch.n < camera.n ? &camera.keys[i - watch.n] : NULL;
}

static gboolean
is_number (const CnxKey * key)
{
  return key->type == CNX_KEY_UINT || key->type == CNX_KEY_DOUBLE || key->type == CNX_KEY_BYTES;
}

/* ---- the example ---- */

/* @text without the # before each key and group, and before a space it stays. */
static char *
uncomment (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("^#(?=[a-z\\[])", G_REGEX_MULTILINE, 0, NULL);

  return g_regex_replace_literal (regex, text, -1, 0, "", 0, NULL);
}

static CnxWatchConfig *
load (const char *dir, const char *text)
{
  g_autofree char *path = cnx_test_write_text (dir, "watch.conf", text);
  g_autoptr (GError) error = NULL;
  CnxWatchConfig *config = cnx_watch_config_load (path, &error);

  g_assert_no_error (error);
  return config;
}

static void
test_example (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *text = read_file ("docs/watch.conf"), *all = uncomment (text);
  g_autoptr (CnxWatchConfig) usual = cnx_watch_config_new ();

  g_assert_cmpuint (strlen (all), <, strlen (text) - 30);
  g_autoptr (CnxWatchConfig) config = load (dir, text);
  g_assert_true (cnx_watch_config_add (usual, "ball=test://ball", NULL));
  g_assert_cmpuint (cnx_watch_config_compare (config, usual), ==, 0);
  g_assert_cmpuint (config->cameras->len, ==, 1);
  g_assert_true (cnx_camera_config_equal (config->cameras->pdata[0], usual->cameras->pdata[0]));

  g_free (cnx_test_write_text (dir, "secrets/door", "sesame\n"));
  g_setenv ("GATE_PASSWORD", "sesame", TRUE);
  g_autoptr (CnxWatchConfig) whole = load (dir, all);
  g_unsetenv ("GATE_PASSWORD");
  g_assert_cmpuint (whole->cameras->len, ==, 5);
}

/* What it says of a key is its default, where it has one, and the comment before it is its help. */
static void
test_example_keys (void)
{
  g_autofree char *text = read_file ("docs/watch.conf"), *words = flat (text, "# ");
  gboolean is_camera;
  const CnxKey *key;

  for (guint i = 0; (key = key_number (i, &is_camera)); i++) {
    g_autofree char *takes = cnx_key_takes (key), *range = g_strconcat (" Takes ", takes, ".", NULL);
    g_autofree char *entry = g_strconcat (key->help, ".", is_number (key) ? range : "",
        strcmp (key->name, "source") == 0 ? " " : " #", key->name, "=",
        key->usual && key->type != CNX_KEY_FLAG ? key->usual : "", NULL);
    assert_has ("docs/watch.conf", words, entry);
  }
}

/* ---- the manual and the README ---- */

/* Without roff's escapes. */
static char *
unescape (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("\\\\f.|\\\\(?=-)", 0, 0, NULL);

  return g_regex_replace_literal (regex, text, -1, 0, "", 0, NULL);
}

static void
test_manual (void)
{
  g_autofree char *roff = read_file ("docs/convnext.1"), *plain = unescape (roff), *words = flat (plain, "");
  const char *section = strstr (words, ".SS convnext watch");
  gboolean is_camera;
  const CnxKey *key;

  g_assert_nonnull (section);
  for (guint i = 0; (key = key_number (i, &is_camera)); i++) {
    if (strcmp (key->name, "source") == 0)
      continue;
    g_autofree char *takes = cnx_key_takes (key), *range = g_strconcat ("takes ", takes, NULL);
    const gboolean has_range = is_number (key), has_usual = key->usual && key->type != CNX_KEY_FLAG;
    g_autofree char *note = !has_range && !has_usual ? g_strdup ("")
        : g_strconcat (" (", has_range ? range : "", has_range && has_usual ? "; " : "", has_usual ? "default: " : "",
        has_usual ? key->usual : "", ")", NULL);
    g_autofree char *letter = key->letter ? g_strdup_printf ("-%c \", \" ", key->letter) : NULL;
    g_autofree char *option = g_strconcat (letter ? letter : "", "--", key->name, NULL);
    g_autofree char *argument = key->argument ? g_strconcat (letter ? " \" " : " \" ", key->argument, "\"", NULL)
        : NULL;
    g_autofree char *entry = g_strconcat (option, argument ? argument : "", " ", key->help, note, ". ", NULL);
    assert_has ("docs/convnext.1", section, entry);
  }
}

static void
test_readme (void)
{
  g_autofree char *text = read_file ("README.md");
  const char *section = strstr (text, "\n## Watching cameras\n");
  gboolean is_camera;
  const CnxKey *key;

  g_assert_nonnull (section);
  for (guint i = 0; (key = key_number (i, &is_camera)); i++) {
    g_autofree char *row = key->usual ? g_strdup_printf ("\n| `%s` | `%s` | ", key->name, key->usual)
        : g_strdup_printf ("\n| `%s` | none | ", key->name);
    const char *found = strstr (section, row), *meaning = found ? found + strlen (row) : NULL;

    assert_has ("README.md", section, row);
    if (g_ascii_tolower (*meaning) != g_ascii_tolower (*key->help) || !g_str_has_prefix (meaning + 1, key->help + 1))
      g_error ("README.md says something else of %s than: %s", key->name, key->help);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/texts/example", test_example);
  g_test_add_func ("/texts/example-keys", test_example_keys);
  g_test_add_func ("/texts/manual", test_manual);
  g_test_add_func ("/texts/readme", test_readme);
  return g_test_run ();
}
