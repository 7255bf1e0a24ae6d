#include "gst-plugin/publish/mqtt/standing.h"

#include <string.h>

#include "core/input/name_hash.h"
#include "gst-plugin/publish/mqtt/discovery.h"

#define MOST_STREAMS 1024
#define MOST_KEPT (1 << 16)
/* Of what is said once over each connection. */
#define QOS 1

/**
 * Fact:
 * @told: the number of the connection over which it was told
 * @is_off: it is not told any more
 *
 * One thing that is told.
 */
typedef struct
{
  guint64 told;
  gboolean is_off;
} Fact;

/**
 * Stream:
 * @topic: where it publishes, or did last
 * @last, @length: what it showed there last; NULL: not known
 */
typedef struct
{
  char *topic, *last;
  gsize length;
  Fact sensor, state;
} Stream;

/**
 * CnxStanding:
 * @seen, @settled: the last connection; and the one over which all was told
 * @underway: what is told now, in @where and @what; NULL: nothing is
 */
struct _CnxStanding
{
  char *client_id, *status_topic;
  guint qos;
  gboolean retain;
  GHashTable *streams;
  Fact presence;
  guint64 seen, settled;

  Fact *underway;
  char *where, *what;
  CnxParcel parcel;
};

static void
free_stream (gpointer data)
{
  Stream *stream = data;

  g_free (stream->topic);
  g_free (stream->last);
  g_free (stream);
}

CnxStanding *
cnx_standing_new (const char *client_id, guint qos, gboolean retain)
{
  CnxStanding *self = g_new0 (CnxStanding, 1);

  self->client_id = g_strdup (client_id);
  self->status_topic = client_id ? cnx_discovery_status_topic (client_id) : NULL;
  self->qos = qos;
  self->retain = retain;
  self->streams = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, free_stream);
  return self;
}

void
cnx_standing_free (CnxStanding * self)
{
  g_hash_table_unref (self->streams);
  g_free (self->client_id);
  g_free (self->status_topic);
  g_free (self->where);
  g_free (self->what);
  g_free (self);
}

/* ---- what there is to tell ---- */

/* Where there are too many all are forgotten, but not while one is told of: NULL then. */
static Stream *
find_stream (CnxStanding * self, const char *name)
{
  Stream *stream = g_hash_table_lookup (self->streams, name);

  if (stream)
    return stream;
  if (g_hash_table_size (self->streams) >= MOST_STREAMS && self->underway)
    return NULL;
  if (g_hash_table_size (self->streams) >= MOST_STREAMS)
    g_hash_table_remove_all (self->streams);
  stream = g_new0 (Stream, 1);
  g_hash_table_insert (self->streams, g_strdup (name), stream);
  self->settled = 0;
  return stream;
}

static void
set_topic (Stream * stream, const char *topic)
{
  if (g_strcmp0 (stream->topic, topic) == 0)
    return;
  g_free (stream->topic);
  stream->topic = g_strdup (topic);
}

void
cnx_standing_know (CnxStanding * self, const char *name, const char *topic)
{
  Stream *stream = self->client_id ? find_stream (self, name) : NULL;

  if (stream)
    set_topic (stream, topic);
}

void
cnx_standing_showed (CnxStanding * self, const char *name, const CnxParcel * parcel, CnxCourier * courier)
{
  Stream *stream = self->retain ? find_stream (self, name) : NULL;

  if (!stream)
    return;
  set_topic (stream, parcel->topic);
  g_free (stream->last);
  stream->last = parcel->length <= MOST_KEPT ? g_strndup (parcel->payload, parcel->length) : NULL;
  stream->length = parcel->length;
  stream->state = (Fact) { cnx_courier_connection (courier), FALSE };
}

/* ---- telling it ---- */

static gboolean
is_due (const Fact * fact, guint64 which)
{
  return fact->told != which && !fact->is_off;
}

static gboolean
take_up (CnxStanding * self, Fact * fact, char *where, char *what, gsize length, guint qos)
{
  g_free (self->where);
  g_free (self->what);
  self->underway = fact;
  self->where = where;
  self->what = what;
  self->parcel = (CnxParcel) { where, what, length, qos, TRUE };
  return TRUE;
}

static gboolean
take_up_stream (CnxStanding * self, const char *name, Stream * stream, guint64 which)
{
  if (self->client_id && is_due (&stream->sensor, which)) {
    char *text = cnx_discovery_text (self->client_id, name, stream->topic, self->qos);
    return take_up (self, &stream->sensor, cnx_discovery_topic (self->client_id, name), text, strlen (text), QOS);
  }
  if (stream->last && is_due (&stream->state, which))
    return take_up (self, &stream->state, g_strdup (stream->topic), g_strndup (stream->last, stream->length),
        stream->length, self->qos);
  return FALSE;
}

/* The next thing that connection @which has not been told. FALSE: there is none. */
static gboolean
take_up_next (CnxStanding * self, guint64 which)
{
  GHashTableIter iter;
  gpointer name, stream;

  if (self->settled == which)
    return FALSE;
  if (self->status_topic && is_due (&self->presence, which))
    return take_up (self, &self->presence, g_strdup (self->status_topic), g_strdup (CNX_STATUS_ONLINE),
        strlen (CNX_STATUS_ONLINE), QOS);
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, &name, &stream))
    if (take_up_stream (self, name, stream, which))
      return TRUE;
  self->settled = which;
  return FALSE;
}

/* FALSE: it is underway still. */
static gboolean
settle (CnxStanding * self, CnxPlaceAnswer answer, CnxCourier * courier)
{
  if (answer != CNX_PLACE_TAKEN && answer != CNX_PLACE_REFUSED)
    return FALSE;
  self->underway->told = cnx_courier_connection (courier);
  self->underway->is_off = answer == CNX_PLACE_REFUSED;
  self->underway = NULL;
  return TRUE;
}

static void
keep_told (Fact * fact, guint64 before, guint64 which)
{
  if (fact->told == before)
    fact->told = which;
}

/* What a broker that knows us again was told of the streams over the connection before this one it knows still. That we
 * are there it has been told the contrary of. */
static void
look_at_connection (CnxStanding * self, CnxCourier * courier, guint64 which)
{
  GHashTableIter iter;
  gpointer data;

  if (which != self->seen && cnx_courier_is_known (courier, which)) {
    g_hash_table_iter_init (&iter, self->streams);
    while (g_hash_table_iter_next (&iter, NULL, &data)) {
      Stream *stream = data;
      keep_told (&stream->sensor, self->seen, which);
      keep_told (&stream->state, self->seen, which);
    }
  }
  self->seen = which;
}

CnxPlaceAnswer
cnx_standing_tell (CnxStanding * self, CnxCourier * courier, gint64 timeout, GError ** error)
{
  const guint64 which = cnx_courier_wait (courier, timeout, error);
  const gint64 end = g_get_monotonic_time () + CNX_COURIER_WAIT;

  if (which == 0)
    return CNX_PLACE_LATER;
  look_at_connection (self, courier, which);
  while (self->underway || take_up_next (self, which)) {
    const CnxPlaceAnswer answer = cnx_courier_carry (courier, &self->parcel, error);
    if (!settle (self, answer, courier))
      return answer;
    if (answer == CNX_PLACE_REFUSED)
      return answer;
    if (g_get_monotonic_time () > end)
      return CNX_PLACE_LATER;
  }
  return CNX_PLACE_TAKEN;
}
