/* Addresses of brokers, and the topics in them: what is read, what is refused and in which words, and that nothing in a
 * label or a stream's name is more than a part of a topic. */
#include <string.h>

#include "core/error.h"
#include "gst-plugin/publish/address.h"
#include "gst-plugin/publish/mqtt/mqtt_topic.h"
#include "gst-plugin/publish/topic.h"
#include "tests/support/temp_files.h"

/* "user|host:port,host:port|topic" */
static char *
describe (const CnxAddress * address)
{
  GString *text = g_string_new (address->user ? address->user : "-");

  for (guint i = 0; i < address->n_hosts; i++)
    g_string_append_printf (text, "%s%s:%u", i ? "," : "|", address->hosts[i].name, address->hosts[i].port);
  g_string_append_printf (text, "|%s", address->topic);
  return g_string_free (text, FALSE);
}

static void
test_read (void)
{
  static const struct
  {
    const char *location, *expected;
  } cases[] = {
    {"mqtt://host/a", "-|host:0|a"}, {"MQTT://host:1883/a/b/c", "-|host:1883|a/b/c"},
    {"mqtts://me@host.example:1/a", "me|host.example:1|a"}, {"mqtt://me%40home%3a@host/a", "me@home:|host:0|a"},
    {"mqtt://10.0.0.1:65535//a/", "-|10.0.0.1:65535|/a/"}, {"mqtt://[::1]/a", "-|::1:0|a"},
    {"mqtt://me@[fe80::1%25eth0]:99/a", "me|fe80::1%25eth0:99|a"},
    {"kafka://a:1,b,[::2]:3/t", "-|a:1,b:0,::2:3|t"}, {"mqtt://h/{stream}/%7Blabel%7d", "-|h:0|{stream}/{label}"},
    {"mqtt://h/a%20b%25 @:,c", "-|h:0|a b% @:,c"}, {"mqtt://h/caf%c3%a9", "-|h:0|caf\xc3\xa9"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxAddress) address = cnx_address_parse (cases[i].location, &error);
    g_assert_no_error (error);
    g_autofree char *found = describe (address);
    g_assert_cmpstr (found, ==, cases[i].expected);
  }
}

/* None of them says what may be a password. */
static void
test_not_read (void)
{
  static const struct
  {
    const char *location, *said;
  } cases[] = {
    {"mqtt://host", "names no topic"}, {"mqtt://host/", "names no topic"}, {"mqtt:///secret", "names no host"},
    {"mqtt://", "names no topic"}, {"mqtt://me@/secret", "names no host"}, {"mqtt://@secret/a", "no user's name"},
    {"mqtt://a,,secret/a", "names no host"}, {"mqtt://se cret/a", "names no host"},
    {"mqtt://me:secret@host/a", "password-file"}, {"mqtt://me:sec/ret@host/a", "no port"},
    {"mqtt://:secret@host/a", "password-file"}, {"mqtt://me:se@cret@host/a", "password-file"},
    {"mqtt://host:0/a", "no port"}, {"mqtt://host:65536/a", "no port"}, {"mqtt://host:/a", "no port"},
    {"mqtt://host:1883secret/a", "no port"}, {"mqtt://host:-1/a", "no port"}, {"mqtt://[::1/a", "a [ has no ]"},
    {"mqtt://[::1]secret/a", "no port"}, {"mqtt://me%00@host/a", "no user's name"},
    {"mqtt://host/a%00secret", "NUL"}, {"mqtt://host/a%2", "%25"}, {"mqtt://host/secret%zz", "%25"},
    {"mqtt://host/a%ff", "UTF-8"}, {"mqtt://host/a\xff", "UTF-8"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (cnx_address_parse (cases[i].location, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    cnx_test_assert_message (error, cases[i].said, "mqtt://host[:port]/topic", NULL);
    g_assert_null (strstr (error->message, "secret"));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  }
}

static void
test_filled (void)
{
  static const struct
  {
    char *stream, *label;
    const char *topic, *expected;
  } cases[] = {
    {"cam", "cup of coffee", "a/{stream}/{label}", "a/cam/cup of coffee"}, {"cam", "cup", "{label}{label}", "cupcup"},
    {"cam", "cup", "a", "a"}, {"", "", "{stream}/{label}", "none/none"},
    {"a/b", "+", "{stream}/{label}", "a%2Fb/%2B"}, {"#", "50 %", "x{stream}{label}", "x%2350 %25"},
    {"{label}", "{stream}", "{stream}/{label}", "{label}/{stream}"},
    {"\n\x7f", "\xc2\x85", "{stream}{label}", "%0A%7F%C2%85"},
    {"caf\xc3\xa9", "\xf0\x9f\x98\xba", "{stream}{label}", "caf\xc3\xa9\xf0\x9f\x98\xba"},
    {"\xef\xbf\xbf", "\xef\xb7\x90", "{stream}{label}", "%EF%BF%BF%EF%B7%90"},
    {"a\xff", "b", "{stream}", "a\xef\xbf\xbd"}, {"$SYS", "..", "{stream}/{label}", "$SYS/.."},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const CnxMessage message = { "", 0, cases[i].stream, cases[i].label };
    g_autofree char *found = cnx_topic_fill (cases[i].topic, &message, cnx_mqtt_escape);
    g_assert_cmpstr (found, ==, cases[i].expected);
  }
}

static void
test_mqtt_topics (void)
{
  static const struct
  {
    const char *topic, *said;   /* NULL: it is right */
  } cases[] = {
    {"a", NULL}, {"/", NULL}, {"a/{stream}/{label}", NULL}, {"a b/caf\xc3\xa9", NULL}, {"+", "wildcards"},
    {"a/#", "wildcards"}, {"a/+/{label}", "wildcards"}, {"a+b", "wildcards"}, {"a\n", "control characters"},
    {"a\xef\xbf\xbf", "control characters"}, {"{model}", "braces"}, {"{stream", "braces"}, {"a}", "braces"},
    {"{ label }", "{stream} and {label}"}, {"{{label}}", "braces"},
  };
  g_autofree char *longest = g_strnfill (CNX_MQTT_MOST_TOPIC, 'a'), *longer = g_strnfill (CNX_MQTT_MOST_TOPIC + 1, 'a');
  g_autoptr (GError) failed = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_true (cnx_mqtt_topic_check (cases[i].topic, &error) == !cases[i].said);
    if (!cases[i].said)
      continue;
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    cnx_test_assert_message (error, cases[i].said, NULL);
    g_assert_null (strchr (error->message, '\n'));
  }
  g_assert_true (cnx_mqtt_topic_check (longest, NULL));
  g_assert_false (cnx_mqtt_topic_check (longer, &failed));
  cnx_test_assert_message (failed, "65535", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/addresses/read", test_read);
  g_test_add_func ("/addresses/not-read", test_not_read);
  g_test_add_func ("/addresses/filled", test_filled);
  g_test_add_func ("/addresses/mqtt-topics", test_mqtt_topics);
  return g_test_run ();
}
