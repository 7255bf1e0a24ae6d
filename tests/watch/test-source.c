/* Addresses: what each becomes, what is refused and in which words, and what of them may be seen. */
#include "pipelines/watch/source.h"

#include <string.h>
#include <gst/gst.h>

#include "core/error.h"
#include "tests/support/temp_files.h"

/* In every address here that has one. */
#define SECRET "sesame"

static void
assert_refused (const GError * error, const char *said)
{
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  cnx_test_assert_message (error, said, NULL);
  g_assert_null (strstr (error->message, SECRET));
}

static void
test_sources (void)
{
  static const struct
  {
    const char *text, *source, *user;
    CnxSourceKind kind;
  } rows[] = {
    {"rtsp://door/stream1", "rtsp://door/stream1", NULL, CNX_SOURCE_RTSP},
    {"RTSPS://door:322", "rtsps://door:322", NULL, CNX_SOURCE_RTSP},
    {"rtsp://watcher@door:554/a?b=c", "rtsp://door:554/a?b=c", "watcher", CNX_SOURCE_RTSP},
    {"rtsp://w%40tcher@[fe80::1]:554/a", "rtsp://[fe80::1]:554/a", "w@tcher", CNX_SOURCE_RTSP},
    {"rtsp://door/user=admin&password=&channel=1", "rtsp://door/user=admin&password=&channel=1", NULL, CNX_SOURCE_RTSP},
    {"http://door/v?user={user}&pwd={password}", "http://door/v?user={user}&pwd={password}", NULL, CNX_SOURCE_HTTP},
    {"https://door/h\xc3\xb6he/a%20b.mjpg", "https://door/h\xc3\xb6he/a%20b.mjpg", NULL, CNX_SOURCE_HTTP},
    {"https://door/compass=1", "https://door/compass=1", NULL, CNX_SOURCE_HTTP},
    {"hls://door/live.m3u8", "hls://door/live.m3u8", NULL, CNX_SOURCE_HLS},
    {"test://ball", "test://ball", NULL, CNX_SOURCE_TEST},
    {"film.mp4", "file:///etc/watch/film.mp4", NULL, CNX_SOURCE_FILE},
    {"../a b#c.mp4", "file:///etc/a%20b%23c.mp4", NULL, CNX_SOURCE_FILE},
    {"/films/a@b.mp4", "file:///films/a@b.mp4", NULL, CNX_SOURCE_FILE},
    {"file:///films/a%20b.mp4", "file:///films/a%20b.mp4", NULL, CNX_SOURCE_FILE},
    {"./rtsp:a", "file:///etc/watch/rtsp:a", NULL, CNX_SOURCE_FILE},
    {"/dev/video0", "/dev/video0", NULL, CNX_SOURCE_DEVICE},
    {"file:///dev/video1", "/dev/video1", NULL, CNX_SOURCE_DEVICE},
    {"../../dev/v4l/by-id/desk", "/dev/v4l/by-id/desk", NULL, CNX_SOURCE_DEVICE},
    {"/dev/../film.mp4", "file:///film.mp4", NULL, CNX_SOURCE_FILE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *user = NULL, *source = cnx_source_parse (rows[i].text, "/etc/watch", &user, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (source, ==, rows[i].source);
    g_assert_cmpstr (user, ==, rows[i].user);
    g_assert_cmpint (cnx_source_kind (source), ==, rows[i].kind);
  }
}

static void
test_wrong_sources (void)
{
  static const struct
  {
    const char *text, *said;
  } rows[] = {
    {"", "it names nothing"}, {"rtp://door/", "the nearest is rtsp://"}, {"v4l2:///dev/video0", "'v4l2'"},
    {"file.mp4://", "'file.mp4'"}, {"://door", "no scheme"}, {"a b://door", "no scheme"},
    {"me:" SECRET "@door://x", "no scheme"}, {"rtsp:/door", "no two slashes"}, {"HTTP:door", "no two slashes"},
    {"rtsp://", "no host"}, {"rtsp:///stream", "no host"}, {"rtsp://:554/", "no host"}, {"rtsp://[]/", "no host"},
    {"rtsp://[::1/", "no host"}, {"rtsp://[::1]554/", "no port"}, {"rtsp://door:0/", "from 1 to 65535"},
    {"rtsp://door:65536/", "from 1 to 65535"}, {"rtsp://door:/", "from 1 to 65535"}, {"rtsp://do or/", "no host's "
        "name"},
    {"rtsp://{host}/", "no host's name"}, {"rtsp://@door/", "no user's name"}, {"rtsp://a%zz@door/", "no user's name"},
    {"rtsp://me:" SECRET "@door/", "password-file or password-env"}, {"rtsp://me:@door/", "it holds a password"},
    {"rtsp://:" SECRET "@door/", "it holds a password"}, {"rtsp://me:se@" SECRET "@door/", "it holds a password"},
    {"rtsp://me@" SECRET "@door/", "no user's name"}, {"rtsp://me%3a" SECRET "@door/", "no user's name"},
    {"rtsp://me:/" SECRET "@door/", "from 1 to 65535"}, {"rtsp://me:55/" SECRET "@door/", "an @ behind its host"},
    {"rtsp://me:55#" SECRET "@door/", "an @ behind its host"}, {"rtsp://me:55?" SECRET "@door/", "an @ behind its "
        "host"},
    {"rtsp://door/user=me&password=" SECRET "&channel=1", "write {password}"}, {"http://door/?PWD=" SECRET,
        "{password}"},
    {"rtsp://door/user=me_password=" SECRET "_channel=1", "write {password}"}, {"http://door/?a=b&pass=" SECRET,
        "{password}"},
    {"http://door/a b", "a space"}, {"http://door/\xff", "no UTF-8"}, {"http://door/a\nb", "a control character"},
    {"file://films/a.mp4", "three slashes"}, {"file://", "three slashes"}, {"file:///a%zz", "three slashes"},
    {"test://bal", "no pattern 'bal' for test://; the nearest is 'ball'"}, {"test://", "no pattern ''"},
    {"test://me:" SECRET "@ball", "not shown"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *user = NULL, *source = cnx_source_parse (rows[i].text, "/etc/watch", &user, &error);

    g_assert_null (source);
    g_assert_null (user);
    assert_refused (error, rows[i].said);
  }
}

static void
test_long (void)
{
  g_autofree char *host = g_strnfill (5000, 'a'), *text = g_strconcat ("rtsp://", host, NULL), *user = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (cnx_source_parse (text, NULL, &user, &error));
  assert_refused (error, "4096");
}

/* Every pattern that is taken is one of the element's. */
static void
test_patterns (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("videotestsrc");

  if (!factory) {
    g_test_skip ("no videotestsrc");
    return;
  }
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_create (factory, NULL));
  GParamSpec *property = g_object_class_find_property (G_OBJECT_GET_CLASS (element), "pattern");
  GEnumClass *values = G_PARAM_SPEC_ENUM (property)->enum_class;
  guint taken = 0;
  for (guint i = 0; i < values->n_values; i++) {
    g_autofree char *text = g_strconcat ("test://", values->values[i].value_nick, NULL), *user = NULL;
    g_autofree char *source = cnx_source_parse (text, NULL, &user, NULL);
    taken += source && strcmp (cnx_source_pattern (source), values->values[i].value_nick) == 0;
  }
  g_assert_cmpuint (taken, ==, 26);
}

static void
test_uris (void)
{
  static const struct
  {
    const char *source, *user, *password, *uri;
  } rows[] = {
    {"rtsp://door/a", "me", SECRET, "rtsp://door/a"}, {"hls://door/a.m3u8", NULL, NULL, "http://door/a.m3u8"},
    {"http://door/?u={user}&p={password}&q={password}", "m&e", "s/e@s", "http://door/?u=m%26e&p=s%2Fe%40s&q=s%2Fe%40s"},
    {"http://door/?u={user}", NULL, NULL, "http://door/?u="},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *uri = cnx_source_uri (rows[i].source, rows[i].user, rows[i].password);
    g_assert_cmpstr (uri, ==, rows[i].uri);
  }
}

static void
test_names (void)
{
  static const char *const right[] = { "door", "Door-2", "a.b_c", "0" };
  static const char *const wrong[] = { "", ".", "..", "-door", "_door", "do or", "d/oor", "h\xc3\xb6he", "a\nb",
      "d\x1b[1m" };
  g_autofree char *long_name = g_strnfill (65, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    g_assert_true (cnx_camera_name_check (right[i], NULL));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_false (cnx_camera_name_check (wrong[i], &error));
    assert_refused (error, "a letter or a digit first");
    g_assert_true (g_utf8_validate (error->message, -1, NULL) && !strpbrk (error->message, "\n\x1b"));
  }
  g_assert_true (cnx_camera_name_check (long_name + 1, NULL));
  g_assert_false (cnx_camera_name_check (long_name, NULL));
}

static void
test_locations (void)
{
  static const struct
  {
    const char *text, *location, *said;
    gboolean has_user;
  } rows[] = {
    {"-", "-"}, {"a.jsonl", "/etc/watch/a.jsonl"}, {"/var/a", "/var/a"},
    {"mqtt://broker/a%40b:c/{stream}", "mqtt://broker/a%40b:c/{stream}"}, {"MQTTS://me@broker/a",
    "mqtts://me@broker/a", NULL,
        TRUE}, {"kafka://a,b:9092/t", "kafka://a,b:9092/t"},
    {"mqt://broker/a", NULL, "the nearest is mqtt://"}, {"kafk://a/t", NULL, "the nearest is kafka://"},
    {"mqtt://me:" SECRET "@broker/a", NULL, "publish-password-file"}, {"mqtt://me:/" SECRET "@broker/a", NULL, "no "
        "port"},
    {"mqtt://me:55/" SECRET "@broker/a", NULL, "is %40"},
    {"kafka://me:" SECRET "@a/t", NULL, "it holds a password"}, {"kafka://a,/t", NULL, "no host"},
    {"mqtt:///a", NULL, "no host"}, {"a b:" SECRET "://c", NULL, "such an address"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *location = cnx_location_parse (rows[i].text, "/etc/watch", &error);

    g_assert_cmpstr (location, ==, rows[i].location);
    if (rows[i].said)
      assert_refused (error, rows[i].said);
    else
      g_assert_cmpint (cnx_location_has_user (location), ==, rows[i].has_user);
  }
}

static void
test_listen (void)
{
  static const struct
  {
    const char *text;
    gboolean is_loopback;
  } rows[] = {
    {"127.0.0.1:8080", TRUE}, {"localhost:0", TRUE}, {"LocalHost:80", TRUE}, {"[::1]:80", TRUE}, {"127.9.9.9:1", TRUE},
    {"0.0.0.0:8080", FALSE}, {"[::]:8080", FALSE}, {"192.168.1.2:65535", FALSE}, {"door.example:80", FALSE},
    {"localhost.example:80", FALSE}, {"127.0.0.1.example:80", FALSE},
  };
  static const char *const wrong[] = {
    "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80", "[::1]", "[]:80",
    "[127.0.0.1]:80", "[door]:80", "*:80", "127.0.0.1:-1", "http://127.0.0.1:80", "me@door:80", "door:80:90", "do "
    "or:80",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    gboolean is_loopback;

    g_assert_true (cnx_listen_check (rows[i].text, &is_loopback, &error));
    g_assert_no_error (error);
    g_assert_cmpint (is_loopback, ==, rows[i].is_loopback);
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;
    gboolean is_loopback;

    g_assert_false (cnx_listen_check (wrong[i], &is_loopback, &error));
    assert_refused (error, "HOST:PORT");
  }
}

static void
test_redact (void)
{
  static const struct
  {
    const char *text, *redacted;
  } rows[] = {
    {"no address: me:x@y", "no address: me:x@y"}, {"", ""}, {"rtsp://door/a", "rtsp://door/a"},
    {"'rtsp://me:" SECRET "@door/a': gone", "'rtsp://***@door/a': gone"}, {"a rtsp://me@door, b", "a rtsp://***@door, "
        "b"},
    {"rtsp://me:se@se/" SECRET "@door/", "rtsp://***@door/"}, {"rtsp://me:se'" SECRET "@door/", "rtsp://***@door/"},
    {"http://door/v?user=me&pwd=" SECRET ".", "http://door/v?***."}, {"http://door/v?", "http://door/v?"},
    {"http://me:" SECRET "@door/v?sig=" SECRET " mqtt://me:" SECRET "@b/t", "http://***@door/v?*** mqtt://***@b/t"},
    {"rtsp://door/user=me&Password=" SECRET "&channel=1", "rtsp://door/user=me&Password=***&channel=1"},
    {"rtsp://door/me_password=" SECRET "_channel=1", "rtsp://door/me_password=***"},
    {"https://door/token=" SECRET "/a.m3u8", "https://door/token=***/a.m3u8"}, {"https://door/monkey=1",
        "https://door/monkey=1"},
    {"file:///films/a@b.mp4", "file:///films/a@b.mp4"}, {"rtsp:///me:" SECRET "@door", "rtsp://***@door"},
    {"rtsp://a:" SECRET "@b,rtsp://c:" SECRET "@d/", "rtsp://***@d/"}, {"://me:" SECRET "@", "://***@"},
    {"rtsp://\xff:" SECRET "@door", "rtsp://***@door"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *once = cnx_watch_redact (rows[i].text), *twice = cnx_watch_redact (once);
    g_assert_cmpstr (once, ==, rows[i].redacted);
    g_assert_cmpstr (twice, ==, once);
  }
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/source/right", test_sources);
  g_test_add_func ("/source/wrong", test_wrong_sources);
  g_test_add_func ("/source/long", test_long);
  g_test_add_func ("/source/patterns", test_patterns);
  g_test_add_func ("/source/uris", test_uris);
  g_test_add_func ("/source/names", test_names);
  g_test_add_func ("/source/locations", test_locations);
  g_test_add_func ("/source/listen", test_listen);
  g_test_add_func ("/source/redact", test_redact);
  return g_test_run ();
}
