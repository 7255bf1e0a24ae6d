/* What is known of cameras: who is told what, events, rates, histograms. */
#include "pipelines/watch/board.h"

typedef struct
{
  guint counts[CNX_BOARD_COUNTS + 1];
} Heard;

static void
hear (gpointer data, const CnxBoardCamera * camera, CnxBoardChange change)
{
  ((Heard *) data)->counts[change]++;
}

static void
test_states (void)
{
  g_autoptr (CnxBoard) board = cnx_board_new ();
  Heard heard = { {0} };

  cnx_board_listen (board, hear, &heard);
  CnxBoardCamera *camera = cnx_board_add (board, "door", "test://ball");
  g_assert_cmpuint (heard.counts[CNX_BOARD_ADDED], ==, 1);
  g_assert_true (cnx_board_find (board, "door") == camera);
  g_assert_null (cnx_board_find (board, "gate"));
  cnx_board_set_state (board, camera, CNX_BOARD_CONNECTED, NULL);
  const gint64 since = camera->since;
  cnx_board_set_state (board, camera, CNX_BOARD_CONNECTED, NULL);
  g_assert_cmpuint (heard.counts[CNX_BOARD_STATE], ==, 1);
  g_usleep (10);
  cnx_board_set_state (board, camera, CNX_BOARD_RECONNECTING, "no frame for 10 s");
  g_assert_cmpint (camera->since, >, since);
  cnx_board_set_state (board, camera, CNX_BOARD_CONNECTED, NULL);
  g_assert_cmpstr (camera->trouble, ==, "no frame for 10 s");
  g_assert_cmpuint (heard.counts[CNX_BOARD_STATE], ==, 3);
  cnx_board_unlisten (board, &heard);
  cnx_board_remove (board, camera);
  g_assert_cmpuint (heard.counts[CNX_BOARD_REMOVED], ==, 0);
  g_assert_cmpuint (cnx_board_cameras (board)->len, ==, 0);
}

/* An event is another first label, not another confidence or second one. */
static void
test_events (void)
{
  g_autoptr (CnxBoard) board = cnx_board_new ();
  CnxBoardCamera *camera = cnx_board_add (board, "door", "test://ball");
  CnxBoardLabel labels[] = { {1, (char *) "cat", 0.6}, {2, (char *) "dog", 0.3} };
  Heard heard = { {0} };

  cnx_board_listen (board, hear, &heard);
  cnx_board_set_labels (board, camera, labels, 2);
  labels[0].confidence = 0.7;
  cnx_board_set_labels (board, camera, labels, 2);
  cnx_board_set_labels (board, camera, labels, 2);
  cnx_board_set_labels (board, camera, labels, 1);
  g_assert_cmpuint (heard.counts[CNX_BOARD_LABELS], ==, 3);
  g_assert_cmpuint (heard.counts[CNX_BOARD_EVENT], ==, 1);
  cnx_board_set_labels (board, camera, labels + 1, 1);
  cnx_board_set_labels (board, camera, NULL, 0);
  g_assert_cmpuint (camera->events.length, ==, 3);
  const CnxBoardEvent *last = g_queue_peek_tail (&camera->events);
  g_assert_null (last->label);
  g_assert_cmpstr (last->before, ==, "dog");
  g_assert_cmpuint (last->number, ==, 3);
  for (guint i = 0; i < CNX_BOARD_MOST_EVENTS + 5; i++)
    cnx_board_set_labels (board, camera, labels + i % 2, 1);
  g_assert_cmpuint (camera->events.length, ==, CNX_BOARD_MOST_EVENTS);
}

static void
test_numbers (void)
{
  g_autoptr (CnxBoard) board = cnx_board_new ();
  CnxBoardCamera *camera = cnx_board_add (board, "door", "test://ball");

  cnx_board_set_counts (board, camera, 100, 10);
  g_assert_cmpfloat (camera->frame_rate, ==, 0);
  g_usleep (20000);
  cnx_board_set_counts (board, camera, 102, 11);
  g_assert_cmpfloat (camera->frame_rate, >, 0);
  g_assert_cmpfloat (camera->frame_rate, <=, 100);
  g_assert_cmpfloat_with_epsilon (camera->frame_rate / camera->classify_rate, 2, 1e-9);
  cnx_board_add_pass (board, camera, 0.005);
  cnx_board_add_pass (board, camera, 0.006);
  cnx_board_add_pass (board, camera, 11);
  g_assert_cmpuint (camera->passes.buckets[0], ==, 1);
  g_assert_cmpuint (camera->passes.buckets[1], ==, 1);
  g_assert_cmpuint (camera->passes.buckets[CNX_BOARD_BUCKETS - 1], ==, 1);
  g_assert_cmpuint (camera->passes.count, ==, 3);
  g_assert_cmpfloat_with_epsilon (camera->passes.sum, 11.011, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/board/states", test_states);
  g_test_add_func ("/board/events", test_events);
  g_test_add_func ("/board/numbers", test_numbers);
  return g_test_run ();
}
