#include "tests/gst/publish/reader.h"

static void
on_connect (struct mosquitto *client, void *reader, int code)
{
  g_assert_cmpint (code, ==, 0);
  g_assert_cmpint (mosquitto_subscribe (client, NULL, "#", 2), ==, MOSQ_ERR_SUCCESS);
}

static void
on_subscribe (struct mosquitto *client, void *reader, int number, int n, const int *granted)
{
  ((CnxTestReader *) reader)->subscribed = TRUE;
}

static void
on_message (struct mosquitto *client, void *data, const struct mosquitto_message *message)
{
  CnxTestReader *self = data;

  g_string_append_printf (self->topics, "%s (%d%s)\n", message->topic, message->qos,
      message->retain ? ", retained" : "");
  g_string_append_len (self->texts, message->payload, message->payloadlen);
  g_string_append_c (self->texts, '\n');
  self->n++;
}

void
cnx_test_reader_init (CnxTestReader * self, CnxTestBroker * broker)
{
  *self = (CnxTestReader) {.topics = g_string_new (NULL),.texts = g_string_new (NULL) };
  self->client = mosquitto_new (NULL, true, self);
  mosquitto_connect_callback_set (self->client, on_connect);
  mosquitto_subscribe_callback_set (self->client, on_subscribe);
  mosquitto_message_callback_set (self->client, on_message);
  g_assert_cmpint (mosquitto_connect (self->client, "localhost", broker->port, 60), ==, MOSQ_ERR_SUCCESS);
  while (!self->subscribed)
    g_assert_cmpint (mosquitto_loop (self->client, 100, 1), ==, MOSQ_ERR_SUCCESS);
}

void
cnx_test_reader_wait (CnxTestReader * self, guint n)
{
  while (self->n < n)
    g_assert_cmpint (mosquitto_loop (self->client, 100, 1), ==, MOSQ_ERR_SUCCESS);
}

void
cnx_test_reader_clear (CnxTestReader * self)
{
  mosquitto_destroy (self->client);
  g_string_free (self->topics, TRUE);
  g_string_free (self->texts, TRUE);
}
