#include "tests/gst/publish/server.h"

static gboolean
on_incoming (GSocketService * service, GSocketConnection * connection, GObject * source, gpointer data)
{
  CnxTestServer *self = data;

  if (!self->closes)
    g_ptr_array_add (self->kept, g_object_ref (connection));
  g_atomic_int_inc (&self->taken);
  return TRUE;
}

static gpointer
run_server (gpointer data)
{
  CnxTestServer *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

void
cnx_test_server_init (CnxTestServer * self, gboolean closes)
{
  *self = (CnxTestServer) {.closes = closes,.context = g_main_context_new (),
    .kept = g_ptr_array_new_with_free_func (g_object_unref)
  };
  g_main_context_push_thread_default (self->context);
  self->service = g_socket_service_new ();
  self->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (self->service), NULL, NULL);
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  g_socket_service_start (self->service);
  g_main_context_pop_thread_default (self->context);
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("server", run_server, self);
}

void
cnx_test_server_clear (CnxTestServer * self)
{
  g_main_loop_quit (self->loop);
  g_thread_join (self->thread);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_ptr_array_unref (self->kept);
  g_object_unref (self->service);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
}
