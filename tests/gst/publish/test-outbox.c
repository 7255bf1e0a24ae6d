/* The queue before a place that takes, refuses or cannot take what it is given: order, bounds, counts, what is told,
 * and that nobody but who asks for it waits. */
#include "gst-plugin/publish/outbox.h"

#define LONG (60 * G_USEC_PER_SEC)

/* What the place does next, and what it has seen; under the lock. */
typedef struct
{
  GMutex lock;
  GCond changed;
  CnxPlaceAnswer answer;
  gboolean with_error, stands;  /* it stands: inside write() until it is let go on */
  gboolean idles_with_error;
  guint tries, idled, closed, troubles, refusals, losses;
  guint64 lost;
  GString *taken;
} Fake;

static Fake *fake;              /* what is opened has no other way to it than its settings, which are text */

static gpointer
fake_open (const CnxPlaceSettings * settings, GError ** error)
{
  if (g_str_equal (settings->location, "here"))
    return fake;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "not here");
  return NULL;
}

static CnxPlaceAnswer
fake_write (gpointer place, const CnxMessage * message, GError ** error)
{
  g_mutex_lock (&fake->lock);
  fake->tries++;
  g_cond_broadcast (&fake->changed);
  while (fake->stands)
    g_cond_wait (&fake->changed, &fake->lock);
  const CnxPlaceAnswer answer = fake->answer;
  if (answer == CNX_PLACE_TAKEN)
    g_string_append (fake->taken, message->label);
  if (fake->with_error)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "no room");
  g_mutex_unlock (&fake->lock);
  if (answer == CNX_PLACE_UNDERWAY)
    g_usleep (1000);            /* as a place waits */
  return answer;
}

static guint64
fake_reconnects (gpointer place)
{
  return 7;
}

static void
fake_close (gpointer place)
{
  fake->closed++;
}

static void
fake_idle (gpointer place, GError ** error)
{
  g_mutex_lock (&fake->lock);
  fake->idled++;
  if (fake->idles_with_error)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "no room");
  g_cond_broadcast (&fake->changed);
  g_mutex_unlock (&fake->lock);
}

static const CnxPlaceSettings here = {.location = "here" }, there = {.location = "there" };
static const CnxPlace place = { fake_open, fake_write, fake_reconnects, fake_close };
static const CnxPlace idler = { fake_open, fake_write, fake_reconnects, fake_close, fake_idle };

static void
on_trouble (gpointer user_data, const GError * error)
{
  g_assert_true (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC));
  fake->troubles++;
}

static void
on_refused (gpointer user_data, const GError * error)
{
  g_assert_true (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC));
  fake->refusals++;
}

static void
on_lost (gpointer user_data, guint64 dropped)
{
  fake->losses++;
  fake->lost = dropped;
}

static CnxOutbox *
begin_at (const CnxPlace * where, guint size, CnxPlaceAnswer answer)
{
  static const CnxOutboxListener listener = { on_trouble, on_refused, on_lost };
  CnxOutbox *outbox = cnx_outbox_new (&listener, NULL);

  fake = g_new0 (Fake, 1);
  fake->answer = answer;
  fake->taken = g_string_new (NULL);
  cnx_outbox_set_size (outbox, size);
  g_assert_true (cnx_outbox_open (outbox, where, &here, NULL));
  return outbox;
}

static CnxOutbox *
begin (guint size, CnxPlaceAnswer answer)
{
  return begin_at (&place, size, answer);
}

static void
end (CnxOutbox * outbox)
{
  cnx_outbox_free (outbox);
  g_assert_cmpuint (fake->closed, ==, 1);
  g_string_free (fake->taken, TRUE);
  g_free (fake);
}

static void
set_answer (CnxPlaceAnswer answer, gboolean stands)
{
  g_mutex_lock (&fake->lock);
  fake->answer = answer;
  fake->stands = stands;
  g_cond_broadcast (&fake->changed);
  g_mutex_unlock (&fake->lock);
}

static void
wait_for_tries (guint tries)
{
  g_mutex_lock (&fake->lock);
  while (fake->tries < tries)
    g_cond_wait (&fake->changed, &fake->lock);
  g_mutex_unlock (&fake->lock);
}

/* A message for each letter of @letters. */
static void
put (CnxOutbox * outbox, const char *letters)
{
  for (; *letters; letters++) {
    const char text[] = { *letters, '\0' };
    const CnxMetaLabel label = { 0, text, 1 };
    const CnxMetaLabels labels = { "m", "s", 0, 1, &label, NULL };
    cnx_outbox_put (outbox, cnx_message_new (&labels, 0, 0));
  }
}

static void
assert_stats (CnxOutbox * outbox, guint64 published, guint64 waiting, guint64 dropped)
{
  const CnxOutboxStats stats = cnx_outbox_stats (outbox);

  g_assert_cmpuint (stats.published, ==, published);
  g_assert_cmpuint (stats.waiting, ==, waiting);
  g_assert_cmpuint (stats.dropped, ==, dropped);
}

static void
test_order (void)
{
  CnxOutbox *outbox = begin (100, CNX_PLACE_TAKEN);

  put (outbox, "abcdefgh");
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  g_assert_cmpstr (fake->taken->str, ==, "abcdefgh");
  assert_stats (outbox, 8, 0, 0);
  g_assert_cmpuint (cnx_outbox_stats (outbox).reconnects, ==, 7);
  g_assert_cmpuint (fake->losses + fake->troubles, ==, 0);
  end (outbox);
}

/* What is made while nothing can be written is written when it can. */
static void
test_later (void)
{
  CnxOutbox *outbox = begin (100, CNX_PLACE_LATER);

  put (outbox, "abc");
  wait_for_tries (2);
  assert_stats (outbox, 0, 3, 0);
  set_answer (CNX_PLACE_TAKEN, FALSE);
  put (outbox, "d");
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  g_assert_cmpstr (fake->taken->str, ==, "abcd");
  assert_stats (outbox, 4, 0, 0);
  end (outbox);
}

static void
test_oldest_go (void)
{
  CnxOutbox *outbox = begin (3, CNX_PLACE_LATER);

  set_answer (CNX_PLACE_TAKEN, TRUE);
  put (outbox, "a");
  wait_for_tries (1);
  put (outbox, "bcdefg");       /* while a is being written */
  assert_stats (outbox, 0, 4, 3);
  set_answer (CNX_PLACE_TAKEN, FALSE);
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  g_assert_cmpstr (fake->taken->str, ==, "aefg");
  assert_stats (outbox, 4, 0, 3);
  end (outbox);
}

/* One of which nothing is there goes like the others; one that is there in part stays. */
static void
test_parts_stay (void)
{
  static const struct
  {
    CnxPlaceAnswer answer;
    const char *taken;
  } cases[] = { {CNX_PLACE_LATER, "de"}, {CNX_PLACE_PARTLY, "ade"}, {CNX_PLACE_UNDERWAY, "ade"} };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    CnxOutbox *outbox = begin (2, cases[i].answer);

    set_answer (cases[i].answer, TRUE);
    put (outbox, "a");
    wait_for_tries (1);
    put (outbox, "bcde");
    assert_stats (outbox, 0, 3, 2);
    set_answer (cases[i].answer, FALSE);
    wait_for_tries (2);
    assert_stats (outbox, 0, strlen (cases[i].taken), 5 - strlen (cases[i].taken));
    set_answer (CNX_PLACE_TAKEN, FALSE);
    g_assert_true (cnx_outbox_drain (outbox, LONG));
    g_assert_cmpstr (fake->taken->str, ==, cases[i].taken);
    end (outbox);
  }
}

static void
test_smaller (void)
{
  CnxOutbox *outbox = begin (10, CNX_PLACE_LATER);

  put (outbox, "abcdef");
  wait_for_tries (2);
  cnx_outbox_set_size (outbox, 2);
  set_answer (CNX_PLACE_TAKEN, FALSE);
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  g_assert_true (g_str_has_suffix (fake->taken->str, "ef"));
  g_assert_cmpuint (fake->taken->len, <=, 3);   /* one may have been at the place */
  end (outbox);
}

static void
test_refused (void)
{
  CnxOutbox *outbox = begin (10, CNX_PLACE_REFUSED);

  put (outbox, "abc");
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  assert_stats (outbox, 0, 0, 3);
  set_answer (CNX_PLACE_TAKEN, FALSE);
  put (outbox, "d");
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  g_assert_cmpstr (fake->taken->str, ==, "d");
  end (outbox);
}

/* However often it fails: once, and how much was lost at the first time and at the end. */
static void
test_told (void)
{
  CnxOutbox *outbox = begin (1, CNX_PLACE_LATER);

  fake->with_error = TRUE;
  put (outbox, "abcdefgh");
  wait_for_tries (4);
  cnx_outbox_close (outbox, 0);
  g_assert_cmpuint (fake->troubles, ==, 1);
  g_assert_cmpuint (fake->losses, ==, 2);
  g_assert_cmpuint (fake->lost, ==, 8);
  assert_stats (outbox, 0, 0, 8);
  end (outbox);
}

/* That a message is refused is told beside that the place was away before, each once. */
static void
test_refusals_told (void)
{
  CnxOutbox *outbox = begin (10, CNX_PLACE_LATER);

  fake->with_error = TRUE;
  put (outbox, "ab");
  wait_for_tries (2);
  set_answer (CNX_PLACE_REFUSED, FALSE);
  g_assert_true (cnx_outbox_drain (outbox, LONG));
  cnx_outbox_close (outbox, 0);
  g_assert_cmpuint (fake->troubles, ==, 1);
  g_assert_cmpuint (fake->refusals, ==, 1);
  assert_stats (outbox, 0, 0, 2);
  end (outbox);
}

/* The place looks after itself while there is nothing to write, and not while there is. */
static void
test_idle (void)
{
  CnxOutbox *outbox = begin_at (&idler, 10, CNX_PLACE_LATER);

  fake->idles_with_error = TRUE;
  g_mutex_lock (&fake->lock);
  while (fake->idled < 2)
    g_cond_wait (&fake->changed, &fake->lock);
  g_mutex_unlock (&fake->lock);
  g_assert_cmpuint (cnx_outbox_stats (outbox).reconnects, ==, 7);
  put (outbox, "a");
  wait_for_tries (1);
  const guint idled = fake->idled;
  wait_for_tries (5);
  g_assert_cmpuint (fake->idled, ==, idled);
  cnx_outbox_close (outbox, 0);
  g_assert_cmpuint (fake->refusals, ==, 1);
  end (outbox);
}

/* What the place still takes is written; what it does not is lost and counted. */
static void
test_close (void)
{
  CnxOutbox *outbox = begin (10, CNX_PLACE_TAKEN);

  put (outbox, "abcdefgh");
  cnx_outbox_close (outbox, LONG);
  g_assert_cmpstr (fake->taken->str, ==, "abcdefgh");
  assert_stats (outbox, 8, 0, 0);
  end (outbox);
  outbox = begin (10, CNX_PLACE_LATER);
  put (outbox, "abc");
  cnx_outbox_close (outbox, LONG);      /* and does not wait */
  assert_stats (outbox, 0, 0, 3);
  g_assert_cmpuint (fake->lost, ==, 3);
  g_assert_true (cnx_outbox_open (outbox, &place, &here, NULL));
  assert_stats (outbox, 0, 0, 0);
  fake->closed--;
  end (outbox);
}

static gpointer
take (gpointer outbox)
{
  wait_for_tries (20);
  set_answer (CNX_PLACE_TAKEN, FALSE);
  return NULL;
}

/* What is on its way when it is closed is waited for, and what is behind it is written. */
static void
test_close_underway (void)
{
  CnxOutbox *outbox = begin (10, CNX_PLACE_UNDERWAY);

  put (outbox, "abc");
  wait_for_tries (2);
  GThread *thread = g_thread_new ("take", take, outbox);
  cnx_outbox_close (outbox, LONG);
  g_thread_join (thread);
  g_assert_cmpstr (fake->taken->str, ==, "abc");
  assert_stats (outbox, 3, 0, 0);
  end (outbox);
  outbox = begin (10, CNX_PLACE_UNDERWAY);
  put (outbox, "abc");
  cnx_outbox_close (outbox, 1000);
  assert_stats (outbox, 0, 0, 3);
  end (outbox);
}

static gpointer
hurry (gpointer outbox)
{
  wait_for_tries (2);
  cnx_outbox_set_hurried (outbox, TRUE);
  return NULL;
}

static void
test_drain (void)
{
  CnxOutbox *outbox = begin (10, CNX_PLACE_LATER);

  g_assert_true (cnx_outbox_drain (outbox, 0));
  put (outbox, "a");
  g_assert_false (cnx_outbox_drain (outbox, 0));
  g_assert_false (cnx_outbox_drain (outbox, 1000));
  GThread *thread = g_thread_new ("hurry", hurry, outbox);
  g_assert_false (cnx_outbox_drain (outbox, G_MAXINT64 / 4));
  g_thread_join (thread);
  g_assert_false (cnx_outbox_drain (outbox, G_MAXINT64 / 4));   /* nor does it begin to wait */
  end (outbox);
}

static void
test_cannot_open (void)
{
  static const CnxOutboxListener listener = { on_trouble, on_refused, on_lost };
  g_autoptr (CnxOutbox) outbox = cnx_outbox_new (&listener, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (cnx_outbox_open (outbox, &place, &there, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  cnx_outbox_close (outbox, LONG);
  assert_stats (outbox, 0, 0, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/outbox/order", test_order);
  g_test_add_func ("/outbox/later", test_later);
  g_test_add_func ("/outbox/oldest-go", test_oldest_go);
  g_test_add_func ("/outbox/parts-stay", test_parts_stay);
  g_test_add_func ("/outbox/smaller", test_smaller);
  g_test_add_func ("/outbox/refused", test_refused);
  g_test_add_func ("/outbox/told", test_told);
  g_test_add_func ("/outbox/refusals-told", test_refusals_told);
  g_test_add_func ("/outbox/idle", test_idle);
  g_test_add_func ("/outbox/close", test_close);
  g_test_add_func ("/outbox/close-underway", test_close_underway);
  g_test_add_func ("/outbox/drain", test_drain);
  g_test_add_func ("/outbox/cannot-open", test_cannot_open);
  return g_test_run ();
}
