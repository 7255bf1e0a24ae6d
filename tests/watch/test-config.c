/* What a file says of cameras: each key, what is taken where nothing is said, and every message. */
#include "pipelines/watch/config.h"

#include <string.h>

#include "core/error.h"
#include "tests/support/temp_files.h"

#define SECRET "sesame"
#define DOOR "[camera door]\nsource=rtsp://door/a\n"
#define VARIABLE "CNX_TEST_PASSWORD"

/* @text in a folder with secrets/door, secrets/empty, secrets/nul, film.mp4 and models/small. */
typedef struct
{
  char *dir, *path;
} Folder;

static void
folder_clear (Folder * self)
{
  cnx_test_remove_dir (self->dir);
  g_free (self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Folder, folder_clear)

static Folder
make_folder (const char *text)
{
  Folder self = {.dir = cnx_test_make_dir () };
  g_autofree char *nul = g_build_filename (self.dir, "secrets/nul", NULL);

  g_free (cnx_test_write_text (self.dir, "secrets/door", SECRET " 1\r\nand more\n"));
  g_free (cnx_test_write_text (self.dir, "secrets/empty", "\n" SECRET));
  g_free (cnx_test_write_text (self.dir, "models/small/model.safetensors", ""));
  g_assert_true (g_file_set_contents (nul, SECRET "\0", strlen (SECRET) + 1, NULL));
  self.path = cnx_test_write_text (self.dir, "watch.conf", text);
  return self;
}

static CnxWatchConfig *
load (const char *text)
{
  g_auto (Folder) folder = make_folder (text);
  g_autoptr (GError) error = NULL;
  CnxWatchConfig *config = cnx_watch_config_load (folder.path, &error);

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
test_usual (void)
{
  g_autoptr (CnxWatchConfig) config = load (DOOR);
  const CnxCameraConfig *camera = camera_of (config, 0);

  g_assert_null (config->model);
  g_assert_null (config->variant);
  g_assert_cmpstr (config->device, ==, "auto");
  g_assert_cmpint (config->precision, ==, CNX_PRECISION_AUTO);
  g_assert_cmpuint (config->threads, ==, 0);
  g_assert_cmpuint (config->top_k, ==, 5);
  g_assert_cmpuint (config->stall, ==, CNX_WATCH_STALL);
  g_assert_cmpstr (config->listen, ==, "127.0.0.1:8080");
  g_assert_null (config->token_file);
  g_assert_null (config->clip_labels);
  g_assert_cmpfloat (config->clip_before, ==, 5);
  g_assert_true (config->clips_limit == 1 << 30);
  g_assert_cmpstr (camera->name, ==, "door");
  g_assert_cmpstr (camera->source, ==, "rtsp://door/a");
  g_assert_null (camera->user);
  g_assert_null (camera->password);
  g_assert_null (camera->publish);
  g_assert_false (camera->loop);
  g_assert_cmpfloat (camera->max_rate, ==, 5);
  g_assert_cmpfloat (camera->threshold, ==, -1);
  g_assert_cmpuint (camera->smoothing, ==, 1000);
  g_assert_cmpfloat (camera->hysteresis, ==, 0.1);
  g_assert_cmpfloat (camera->picture_interval, ==, 2);
}

static const char everything[] = "\xef\xbb\xbf# all of it\r\n"
    "[camera  door ]\n source = rtsp://door/a \nuser=watcher\npassword-file=secrets/door\ntransport=tcp\nmax-rate=0.5\n"
    "threshold=0\nsmoothing=0\nhysteresis=1\npicture-interval=0\npublish=\n"
    "[watch]\nmodel=models/small\nvariant=v2-T\nprecision=INT8\ndevice=gpu\nthreads=1024\ntop-k=1000\nstall=3600\n"
    "listen=0.0.0.0:80\ntoken-file=secrets/door\non-event=mail -s \"an event\" me\nclips=clips\n"
    "clip-labels=tench, Tinca tinca; a\\;b ;\nclip-before=0\nclip-after=2.5e1\nclips-limit=20g\n"
    "max-rate=2\npublish=a.jsonl;-;mqtt://me@broker/t\npublish-password-file=secrets/door\nthreshold=0.25\nloop=yes\n"
    "[camera film]\nsource=film.mp4\nloop=false\nthreshold=\n";

static void
assert_path (const char *path, const char *end)
{
  g_assert_true (g_path_is_absolute (path) && g_str_has_suffix (path, end));
}

static void
test_everything (void)
{
  g_autoptr (CnxWatchConfig) config = load (everything);
  const CnxCameraConfig *door = camera_of (config, 0), *film = camera_of (config, 1);

  assert_path (config->model, "/models/small");
  g_assert_cmpstr (config->variant, ==, "v2-T");
  g_assert_cmpint (config->precision, ==, CNX_PRECISION_INT8);
  g_assert_cmpuint (config->threads, ==, 1024);
  g_assert_cmpstr (config->listen, ==, "0.0.0.0:80");
  assert_path (config->token_file, "/secrets/door");
  g_assert_cmpstr (config->on_event, ==, "mail -s \"an event\" me");
  assert_path (config->clips, "/clips");
  g_assert_cmpuint (g_strv_length (config->clip_labels), ==, 2);
  g_assert_cmpstr (config->clip_labels[0], ==, "tench, Tinca tinca");
  g_assert_cmpstr (config->clip_labels[1], ==, "a;b");
  g_assert_cmpfloat (config->clip_after, ==, 25);
  g_assert_true (config->clips_limit == G_GUINT64_CONSTANT (20) << 30);
  g_assert_cmpuint (config->cameras->len, ==, 2);
  g_assert_cmpstr (door->name, ==, "door");
  g_assert_cmpstr (door->user, ==, "watcher");
  g_assert_cmpstr (door->password, ==, SECRET " 1");
  g_assert_cmpstr (door->transport, ==, "tcp");
  g_assert_cmpfloat (door->max_rate, ==, 0.5);
  g_assert_cmpfloat (door->threshold, ==, 0);
  g_assert_cmpuint (door->smoothing, ==, 0);
  g_assert_null (door->publish);
  g_assert_null (door->publish_password_file);
  g_assert_true (door->loop);
  g_assert_true (g_str_has_prefix (film->source, "file:///") && g_str_has_suffix (film->source, "/film.mp4"));
  g_assert_false (film->loop);
  g_assert_cmpfloat (film->max_rate, ==, 2);
  g_assert_cmpfloat (film->threshold, ==, -1);
  g_assert_cmpuint (g_strv_length (film->publish), ==, 3);
  assert_path (film->publish[0], "/a.jsonl");
  g_assert_cmpstr (film->publish[1], ==, "-");
  assert_path (film->publish_password_file, "/secrets/door");
}

/* A name is looked for by who opens it. */
static void
test_model_names (void)
{
  g_autoptr (CnxWatchConfig) config = load ("[watch]\nmodel=everyday\nlisten=none\n" DOOR);

  g_assert_cmpstr (config->model, ==, "everyday");
  g_assert_null (config->listen);
}

static void
test_credentials (void)
{
  static const struct
  {
    const char *text, *user, *password;
  } rows[] = {
    {"[watch]\nuser=me\npassword-file=secrets/door\n" DOOR, "me", SECRET " 1"},
    {"[watch]\nuser=me\npassword-file=secrets/door\n[camera a]\nsource=rtsp://you@door/\npassword-env=" VARIABLE, "you",
        SECRET " 2"},
    {"[watch]\nuser=me\npassword-env=" VARIABLE "\n" DOOR "password-file=secrets/door", "me", SECRET " 1"},
    {"[watch]\nuser=me\npassword-env=" VARIABLE "\n" DOOR "password-env=\nuser=you", "you", NULL},
    {"[watch]\nuser=me\npassword-file=secrets/none\n[camera a]\nsource=test://ball", NULL, NULL},
    {"[camera a]\nsource=http://a/?token={password}\npassword-file=secrets/door", NULL, SECRET " 1"},
    {"[camera a]\nsource=rtsp://me@a/\nuser=me", "me", NULL},
  };

  g_setenv (VARIABLE, SECRET " 2", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxWatchConfig) config = load (rows[i].text);
    const CnxCameraConfig *camera = camera_of (config, 0);

    g_assert_cmpstr (camera->user, ==, rows[i].user);
    g_assert_cmpstr (camera->password, ==, rows[i].password);
    g_assert_null (strstr (camera->source, "@"));
  }
  g_unsetenv (VARIABLE);
}

/* ---- what is wrong ---- */

typedef struct
{
  const char *text, *where, *said;
} Wrong;

static const Wrong wrong_texts[] = {
  {"", "watch.conf", "no camera"}, {"[watch]\n", "watch.conf", "[camera NAME]"}, {"\xff", "watch.conf", "UTF-8"},
  {"rtsp://me:" SECRET "@door", "line 1", "no KEY=VALUE"}, {DOOR "password " SECRET "\n", "line 3", "no KEY=VALUE"},
  {"source=a\n" DOOR, "line 1", "before the first group"}, {"[watch\n" DOOR, "line 1", "its ]"},
  {"[watch] x\n" DOOR, "line 1", "its ]"}, {"[]\n", "line 1", "no name has"}, {"[a[b]\n", "line 1", "no name has"},
  {"[a\x1b" "b]\n", "line 1", "no name has"}, {DOOR "=1\n", "line 3", "no KEY=VALUE"},
  {DOOR "name[de]=1\n", "line 3", "no key has"}, {DOOR "rtsp://me:" SECRET "=@door\n", "line 3", "no key has"},
  {DOOR "loop=1\nloop=0\n", "line 4", "the key 'loop' again, which is in line 3"},
  {DOOR DOOR, "line 3", "'camera door' again, which is in line 1: there are no two cameras of one name"},
  {"[watch]\n[watch]\n" DOOR, "line 2", "the group 'watch' again, which is in line 1"},
  {DOOR "[camera  door]\nsource=test://ball\n", "[camera  door]", "another camera of that name"},
};

static const Wrong wrong_groups[] = {
  {"[wach]\n" DOOR, "'wach'", "the nearest is [watch]"}, {"[Watch]\n" DOOR, "'Watch'", "the nearest is [watch]"},
  {"[camra door]\n", "'camra door'", "the nearest is [camera door]"}, {"[camera]\n", "'camera'", "nearest is [camera "
      "NAME]"},
  {"[Camera a b]\n", "'Camera a b'", "nearest is [camera NAME]"}, {"[rtsp://me:" SECRET "@door]\n", "not shown",
      "nearest"},
  {"[camera ]\nsource=a\n", "[camera ]", "cannot be called ''"}, {"[camera a/b]\nsource=a\n", "[camera a/b]", "not "
      "shown"},
  {"[camera a b]\nsource=a\n", "[camera a b]", "cannot be called 'a b'"},
  {"[camera .a]\nsource=a\n", "[camera .a]", "a letter or a digit first"},
};

static const Wrong wrong_keys[] = {
  {"[watch]\nmax-rat=1\n" DOOR, "[watch]", "no key 'max-rat'; the nearest is 'max-rate'"},
  {"[watch]\nListen=a\n" DOOR, "[watch]", "no key 'Listen'; the nearest is 'listen'"},
  {DOOR "smothing=1\n", "[camera door]", "no key 'smothing'; the nearest is 'smoothing'"},
  {DOOR "url=rtsp://a\n", "[camera door]", "no key 'url'; the nearest is 'user'"},
  {DOOR "listen=1\n", "[camera door]", "'listen' is one of [watch]"},
  {"[watch]\nsource=a\n" DOOR, "[watch]", "'source' is one of [camera NAME]"},
  {DOOR "password=" SECRET "\n", "[camera door]", "password-file or password-env"},
  {"[watch]\npassword=" SECRET "\n" DOOR, "[watch]", "password-file or password-env"},
  {"[camera a]\n", "[camera a]", "no source"}, {"[camera a]\nsource=\n", "[camera a]", "no source"},
  {"[camera a]\nsource=rtsp://me:" SECRET "@a/\n", "[camera a] source", "it holds a password"},
  {"[camera a]\nsource=tets://ball\n", "[camera a] source", "the nearest is test://"},
  {DOOR "loop=true\n", "[camera door] loop", "file://"}, {"[camera a]\nsource=a\ntransport=tcp\n", "transport",
      "rtsp://"},
  {"[camera a]\nsource=/dev/video0\nuser=me\n", "[camera a] user", "rtsp://, rtsps://, http://, https://, hls://"},
  {"[camera a]\nsource=rtsp://me@a/\nuser=you\n", "[camera a] user", "names another user"},
};

static const Wrong wrong_values[] = {
  {"[watch]\nprecision=fp8\n" DOOR, "[watch] precision", "auto, fp32, fp16, bf16 or int8, and not 'fp8'"},
  {"[watch]\nvariant=tny\n" DOOR, "[watch] variant", "no variant 'tny'; the nearest is 'tiny'"},
  {"[watch]\nthreads=-1\n" DOOR, "[watch] threads", "a whole number from 0 to 1024, and not '-1'"},
  {"[watch]\nthreads=1025\n" DOOR, "[watch] threads", "1025"}, {"[watch]\nthreads=2.5\n" DOOR, "[watch] threads",
      "2.5"},
  {"[watch]\ntop-k=0\n" DOOR, "[watch] top-k", "from 1 to 1000"}, {"[watch]\nstall=0\n" DOOR, "stall", "from 1 to "
      "3600"},
  {"[watch]\nstall=99999999999999999999\n" DOOR, "stall", "from 1 to 3600"},
  {"[watch]\nlisten=8080\n" DOOR, "[watch] listen", "HOST:PORT"},
  {"[watch]\nlisten=0.0.0.0:80\n" DOOR, "[watch] listen", "say token-file"},
  {"[watch]\nclip-before=121\n" DOOR, "clip-before", "a number from 0 to 120, and not '121'"},
  {"[watch]\nclip-after=nan\n" DOOR, "clip-after", "and not 'nan'"}, {"[watch]\nclip-after=0x10\n" DOOR,
      "clip-after", "0x10"},
  {"[watch]\nclip-after=1e\n" DOOR, "clip-after", "and not '1e'"}, {"[watch]\nclip-after=-\n" DOOR, "clip-after",
      "and not"},
  {"[watch]\nclips-limit=1023K\n" DOOR, "clips-limit", "bytes from 1M to 1024T"},
  {"[watch]\nclips-limit=99999999999999999999T\n" DOOR, "clips-limit", "bytes from 1M to 1024T"},
  {"[watch]\nclips-limit=1GB\n" DOOR, "clips-limit", "and not '1GB'"},
  {"[watch]\nclips-limit=G\n" DOOR, "clips-limit", "and not 'G'"},
  {"[watch]\nclip-labels=a;b\\nc\n" DOOR, "clip-labels", "control characters"},
  {"[watch]\ndevice=a\\tb\n" DOOR, "device", "control characters"},
  {DOOR "max-rate=1001\n", "[camera door] max-rate", "from 0 to 1000"}, {DOOR "max-rate=fast\n", "max-rate", "'fast'"},
  {DOOR "threshold=-0.1\n", "threshold", "from 0 to 1"}, {DOOR "smoothing=3600001\n", "smoothing", "3600000"},
  {DOOR "hysteresis=1,5\n", "hysteresis", "'1,5'"}, {"[camera a]\nsource=a\nloop=ja\n", "loop", "true or false, and "
      "not 'ja'"},
  {DOOR "transport=http\n", "transport", "tcp or udp"}, {DOOR "user=me:" SECRET "\n", "[camera door] user", "no ':' "
      "in it"},
  {DOOR "publish=a;mqtt://me:" SECRET "@b/t\n", "[camera door] publish", "publish-password-file"},
  {DOOR "publish=a\\qb\n", "[camera door] publish", "write \\\\ for one"},
  {DOOR "user=a\\qb\n", "[camera door] user", "write \\\\ for one"},
  {DOOR "smoothing=rtsp://me:" SECRET "@door\n", "smoothing", "'rtsp://***@door'"},
};

static const Wrong wrong_passwords[] = {
  {DOOR "user=me\npassword-file=secrets/none\n", "[camera door] password-file", "No such file"},
  {DOOR "user=me\npassword-file=secrets\n", "[camera door] password-file", "not a file"},
  {DOOR "user=me\npassword-file=a\x1b[1m\n", "[camera door] password-file", "a\\x1b[1m"},
  {DOOR "user=me\npassword-file=secrets/empty\n", "[camera door] password-file", "is empty or has a NUL"},
  {DOOR "user=me\npassword-file=secrets/nul\n", "[camera door] password-file", "is empty or has a NUL"},
  {DOOR "user=me\npassword-file=/dev/zero\n", "[camera door] password-file", "not a file"},
  {DOOR "user=me\npassword-env=CNX_TEST_NONE\n", "[camera door] password-env", "CNX_TEST_NONE"},
  {DOOR "user=me\npassword-env=" SECRET "!\n", "[camera door] password-env", "not a password itself"},
  {DOOR "user=me\npassword-env=A\npassword-file=secrets/door\n", "[camera door] password-env", "one password"},
  {DOOR "password-file=secrets/door\n", "[camera door]", "no user"},
  {"[camera a]\nsource=http://a/?u={user}\n", "[camera a]", "no user is said"},
  {"[camera a]\nsource=http://a/?p={password}\nuser=me\n", "[camera a]", "neither password-file nor password-env"},
  {DOOR "publish=a\npublish-password-file=secrets/door\n", "publish-password-file", "mqtt://USER@HOST/TOPIC"},
  {"[watch]\npublish-password-file=secrets/door\n" DOOR, "[camera door] publish-password-file", "names a user"},
};

static void
assert_wrong (const Wrong * rows, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_auto (Folder) folder = make_folder (rows[i].text);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxWatchConfig) config = cnx_watch_config_load (folder.path, &error);

    if (config)
      g_error ("it was taken: %s", rows[i].text);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    cnx_test_assert_message (error, folder.path, rows[i].where, rows[i].said, NULL);
    if (strstr (error->message, SECRET) || strpbrk (error->message, "\n\x1b"))
      g_error ("%s", error->message);
  }
}

static void
test_wrong (gconstpointer data)
{
  static const struct
  {
    const char *name;
    const Wrong *rows;
    guint n;
  } tables[] = {
    {"texts", wrong_texts, G_N_ELEMENTS (wrong_texts)}, {"groups", wrong_groups, G_N_ELEMENTS (wrong_groups)},
    {"keys", wrong_keys, G_N_ELEMENTS (wrong_keys)}, {"values", wrong_values, G_N_ELEMENTS (wrong_values)},
    {"passwords", wrong_passwords, G_N_ELEMENTS (wrong_passwords)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    if (strcmp (tables[i].name, data) == 0)
      assert_wrong (tables[i].rows, tables[i].n);
}

static void
test_no_file (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *none = g_build_filename (dir, "none", NULL), *large = g_strnfill (2 << 20, '#');
  g_autofree char *path = cnx_test_write_text (dir, "large", large);
  g_autoptr (GError) error = NULL, other = NULL, third = NULL;

  g_assert_null (cnx_watch_config_load (none, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  cnx_test_assert_message (error, none, NULL);
  g_assert_null (cnx_watch_config_load (dir, &other));
  cnx_test_assert_message (other, "is not a file", NULL);
  g_assert_null (cnx_watch_config_load (path, &third));
  cnx_test_assert_message (third, "too large", NULL);
  g_autoptr (GError) fourth = NULL;
  g_assert_null (cnx_watch_config_parse (DOOR "\0", strlen (DOOR) + 1, "a", &fourth));
  cnx_test_assert_message (fourth, "no text in UTF-8", NULL);
}

/* ---- what differs ---- */

static void
test_equal (void)
{
  static const char *const others[] = {
    "source=rtsp://door/b", "user=you", "password-file=secrets/door", "transport=udp", "max-rate=1", "threshold=0.5",
    "smoothing=1", "hysteresis=0.2", "picture-interval=1", "publish=a", "publish=a;b",
    "publish=mqtt://me@b/t\npublish-password-file=secrets/door",
  };
  static const char same[] = "[camera door]\nsource=rtsp://door/a\nuser=me\n";
  g_autoptr (CnxWatchConfig) config = load (same), again = load (same);

  g_assert_true (cnx_camera_config_equal (camera_of (config, 0), camera_of (again, 0)));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    const gboolean names_source = g_str_has_prefix (others[i], "source"), names_user = g_str_has_prefix (others[i],
        "user");
    g_autofree char *text = g_strconcat ("[camera door]\n", names_source ? "" : "source=rtsp://door/a\n",
        names_user ? "" : "user=me\n", others[i], "\n", NULL);
    g_autoptr (CnxWatchConfig) other = load (text), twin = load (text);

    g_assert_false (cnx_camera_config_equal (camera_of (config, 0), camera_of (other, 0)));
    if (!strstr (text, "file") && !strstr (text, "publish=a"))  /* their paths are in another folder */
      g_assert_true (cnx_camera_config_equal (camera_of (twin, 0), camera_of (other, 0)));
  }
  g_autoptr (CnxWatchConfig) renamed = load ("[camera dor]\nsource=rtsp://door/a\nuser=me\n");
  g_assert_false (cnx_camera_config_equal (camera_of (config, 0), camera_of (renamed, 0)));
}

/* The file stays the same, and what is in it does not. */
static void
test_new_password (void)
{
  g_auto (Folder) folder = make_folder (DOOR "user=me\npassword-file=secrets/door\n");
  g_autoptr (CnxWatchConfig) before = cnx_watch_config_load (folder.path, NULL);

  g_free (cnx_test_write_text (folder.dir, "secrets/door", "another\n"));
  g_autoptr (CnxWatchConfig) after = cnx_watch_config_load (folder.path, NULL);
  g_assert_false (cnx_camera_config_equal (camera_of (before, 0), camera_of (after, 0)));
}

static void
test_compare (void)
{
  static const struct
  {
    const char *text;
    guint parts;
  } rows[] = {
    {"", 0}, {"max-rate=1", 0}, {"device=auto", 0}, {"model=a", CNX_WATCH_NETWORK}, {"variant=S", CNX_WATCH_NETWORK},
    {"precision=fp32", CNX_WATCH_NETWORK}, {"device=cpu", CNX_WATCH_NETWORK}, {"threads=1", CNX_WATCH_NETWORK},
    {"top-k=1", CNX_WATCH_LABELS}, {"stall=1", CNX_WATCH_LABELS}, {"listen=none", CNX_WATCH_SERVER},
    {"token-file=/a", CNX_WATCH_SERVER}, {"on-event=a", CNX_WATCH_EVENTS}, {"clips=/a", CNX_WATCH_CLIPS},
    {"clip-labels=a", CNX_WATCH_CLIPS}, {"clip-before=1", CNX_WATCH_CLIPS}, {"clip-after=1", CNX_WATCH_CLIPS},
    {"clips-limit=1M\nthreads=2", CNX_WATCH_CLIPS | CNX_WATCH_NETWORK},
  };
  g_autoptr (CnxWatchConfig) config = load (DOOR);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = g_strconcat ("[watch]\n", rows[i].text, "\n[camera other]\nsource=test://ball\n", NULL);
    g_autoptr (CnxWatchConfig) other = load (text);
    g_assert_cmpuint (cnx_watch_config_compare (config, other), ==, rows[i].parts);
    g_assert_cmpuint (cnx_watch_config_compare (other, config), ==, rows[i].parts);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/usual", test_usual);
  g_test_add_func ("/config/everything", test_everything);
  g_test_add_func ("/config/model-names", test_model_names);
  g_test_add_func ("/config/credentials", test_credentials);
  g_test_add_data_func ("/config/wrong/texts", "texts", test_wrong);
  g_test_add_data_func ("/config/wrong/groups", "groups", test_wrong);
  g_test_add_data_func ("/config/wrong/keys", "keys", test_wrong);
  g_test_add_data_func ("/config/wrong/values", "values", test_wrong);
  g_test_add_data_func ("/config/wrong/passwords", "passwords", test_wrong);
  g_test_add_func ("/config/no-file", test_no_file);
  g_test_add_func ("/config/equal", test_equal);
  g_test_add_func ("/config/new-password", test_new_password);
  g_test_add_func ("/config/compare", test_compare);
  return g_test_run ();
}
