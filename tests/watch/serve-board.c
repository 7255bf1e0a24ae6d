/* A made-up board behind the server: its changes come as lines on standard input, of words between tabs. Each is
 * answered by "ok"; the first line out is the port.
 *
 * usage: serve-board HOST:PORT [TOKEN] */
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipelines/watch/http/http.h"

typedef struct
{
  CnxBoard *board;
  CnxHttp *http;
  GMainLoop *loop;
  GDataInputStream *in;
} Server;

static double
number (const char *word)
{
  return g_ascii_strtod (word, NULL);
}

static void
add (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_add (server->board, words[0], words[1]);
}

static void
drop (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_remove (server->board, camera);
}

/* NAME STATE [TROUBLE] */
static void
state (Server * server, CnxBoardCamera * camera, char **words)
{
  for (int i = CNX_BOARD_CONNECTING; i <= CNX_BOARD_ENDED; i++)
    if (strcmp (words[1], cnx_board_state_name (i)) == 0)
      cnx_board_set_state (server->board, camera, i, words[2]);
}

/* NAME [LABEL CONFIDENCE]... */
static void
labels (Server * server, CnxBoardCamera * camera, char **words)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (CnxBoardLabel));

  for (char **at = words + 1; at[0] && at[1]; at += 2) {
    const CnxBoardLabel label = { (int) g_str_hash (at[0]) & 1023, at[0], number (at[1]) };
    g_array_append_val (all, label);
  }
  cnx_board_set_labels (server->board, camera, (const CnxBoardLabel *) all->data, all->len);
}

/* NAME FILE */
static void
picture (Server * server, CnxBoardCamera * camera, char **words)
{
  char *bytes;
  gsize size;

  if (!g_file_get_contents (words[1], &bytes, &size, NULL))
    exit (2);
  g_autoptr (GBytes) jpeg = g_bytes_new_take (bytes, size);
  cnx_board_set_picture (server->board, camera, jpeg);
}

/* NAME FRAMES CLASSIFIED */
static void
counts (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_set_counts (server->board, camera, number (words[1]), number (words[2]));
}

static void
error (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_add_error (server->board, camera);
}

static void
reconnect (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_add_reconnect (server->board, camera);
}

static void
pass (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_add_pass (server->board, camera, number (words[1]));
}

static void
age (Server * server, CnxBoardCamera * camera, char **words)
{
  cnx_board_add_age (server->board, camera, number (words[1]));
}

/* NAME MINUTES...: when its events were, from the oldest on, as if that many minutes had gone by since. */
static void
ages (Server * server, CnxBoardCamera * camera, char **words)
{
  char **at = words + 1;

  for (GList * link = camera->events.head; link && *at; link = link->next, at++)
    ((CnxBoardEvent *) link->data)->time = g_get_real_time () - number (*at) * G_TIME_SPAN_MINUTE;
}

/* NAME COUNT: so many changes of its label. */
static void
flap (Server * server, CnxBoardCamera * camera, char **words)
{
  const CnxBoardLabel both[] = { {1, (char *) "cat", 0.75}, {2, (char *) "dog", 0.5} };

  for (int i = 0; i < number (words[1]); i++)
    cnx_board_set_labels (server->board, camera, both + i % 2, 1);
}

static const struct
{
  const char *name;
  guint words;                  /* behind it, at least */
  void (*func) (Server * server, CnxBoardCamera * camera, char **words);
} commands[] = {
  {"add", 2, add}, {"remove", 1, drop}, {"state", 2, state}, {"labels", 1, labels}, {"picture", 2, picture},
  {"counts", 3, counts}, {"error", 1, error}, {"reconnect", 1, reconnect}, {"pass", 2, pass}, {"age", 2, age},
  {"ages", 2, ages}, {"flap", 2, flap},
};

static gboolean
obey (Server * server, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, "\t", -1);

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (words[0] && strcmp (words[0], commands[i].name) == 0 && g_strv_length (words) > commands[i].words) {
      CnxBoardCamera *camera = (CnxBoardCamera *) cnx_board_find (server->board, words[1]);
      if (!camera && commands[i].func != add)
        return FALSE;
      commands[i].func (server, camera, words + 1);
      return TRUE;
    }
  return FALSE;
}

static void
on_line (GObject * source, GAsyncResult * result, gpointer data)
{
  Server *server = data;
  g_autofree char *line = g_data_input_stream_read_line_finish (server->in, result, NULL, NULL);

  if (!line) {
    g_main_loop_quit (server->loop);
    return;
  }
  puts (obey (server, line) ? "ok" : "what?");
  fflush (stdout);
  g_data_input_stream_read_line_async (server->in, G_PRIORITY_DEFAULT, NULL, on_line, server);
}

int
main (int argc, char **argv)
{
  g_autoptr (CnxBoard) board = cnx_board_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) in = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (in);
  g_autoptr (GError) why = NULL;
  const CnxHttpSettings settings = {
    argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : NULL, "cpu", "int8", "everyday"
  };

  g_autoptr (CnxHttp) http = cnx_http_new (board, &settings, &why);
  if (!http) {
    fprintf (stderr, "%s\n", why->message);
    return 1;
  }
  Server server = { board, http, loop, lines };
  printf ("%u\n", cnx_http_port (http));
  fflush (stdout);
  g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_line, &server);
  g_main_loop_run (loop);
  return 0;
}
