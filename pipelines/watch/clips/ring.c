#include "pipelines/watch/clips/ring.h"

struct _CnxClipRing
{
  GstClockTimeDiff keep;
  gsize most_bytes, bytes;
  GQueue frames;                /* CnxClipFrame, as they came; the first is a key frame */
  GQueue keys;                  /* links of frames */
  GstClockTimeDiff newest;      /* the latest that is shown */
};

CnxClipRing *
cnx_clip_ring_new (GstClockTime keep, gsize most_bytes)
{
  CnxClipRing *ring = g_new0 (CnxClipRing, 1);

  ring->keep = keep;
  ring->most_bytes = most_bytes;
  g_queue_init (&ring->frames);
  g_queue_init (&ring->keys);
  return ring;
}

static void
drop_first (CnxClipRing * ring)
{
  CnxClipFrame *frame = g_queue_pop_head (&ring->frames);

  if (frame->key)
    g_queue_pop_head (&ring->keys);
  ring->bytes -= gst_buffer_get_size (frame->buffer);
  gst_buffer_unref (frame->buffer);
  g_free (frame);
}

/* The link of the second key frame; NULL: there is none. */
static const GList *
second_key (const CnxClipRing * ring)
{
  return ring->keys.length > 1 ? ring->keys.head->next->data : NULL;
}

/* All before the second key frame. */
static void
drop_group (CnxClipRing * ring)
{
  const GList *second = second_key (ring);

  while (ring->frames.head != second)
    drop_first (ring);
}

void
cnx_clip_ring_clear (CnxClipRing * ring)
{
  while (ring->frames.length > 0)
    drop_first (ring);
}

void
cnx_clip_ring_free (CnxClipRing * ring)
{
  cnx_clip_ring_clear (ring);
  g_free (ring);
}

/* Whether what was asked for is there without the first group. */
static gboolean
has_enough_without_first (const CnxClipRing * ring)
{
  const GList *second = second_key (ring);

  return second && ((const CnxClipFrame *) second->data)->pts <= ring->newest - ring->keep;
}

gboolean
cnx_clip_ring_add (CnxClipRing * ring, const CnxClipFrame * frame)
{
  gboolean all = TRUE;

  if (ring->frames.length == 0 && !frame->key)
    return TRUE;
  CnxClipFrame *own = g_new (CnxClipFrame, 1);
  *own = *frame;
  gst_buffer_ref (own->buffer);
  ring->newest = ring->frames.length == 0 ? own->pts : MAX (ring->newest, own->pts);
  g_queue_push_tail (&ring->frames, own);
  if (own->key)
    g_queue_push_tail (&ring->keys, ring->frames.tail);
  ring->bytes += gst_buffer_get_size (own->buffer);
  while (has_enough_without_first (ring))
    drop_group (ring);
  /* A single group that is too large is of no use without its begin. */
  for (; ring->bytes > ring->most_bytes; all = FALSE) {
    if (ring->keys.length > 1)
      drop_group (ring);
    else
      cnx_clip_ring_clear (ring);
  }
  return all;
}

const GList *
cnx_clip_ring_from (const CnxClipRing * ring, GstClockTimeDiff pts)
{
  const GList *from = ring->frames.head;

  for (const GList * key = ring->keys.tail; key; key = key->prev) {
    const GList *link = key->data;
    if (((const CnxClipFrame *) link->data)->pts <= pts)
      return link;
  }
  return from;
}

GstClockTimeDiff
cnx_clip_ring_time_at (const CnxClipRing * ring, gint64 real_time)
{
  const GList *link = ring->frames.tail;

  while (link->prev && ((const CnxClipFrame *) link->data)->arrived > real_time)
    link = link->prev;
  return ((const CnxClipFrame *) link->data)->pts;
}

gboolean
cnx_clip_ring_is_empty (const CnxClipRing * ring)
{
  return ring->frames.length == 0;
}

gsize
cnx_clip_ring_bytes (const CnxClipRing * ring)
{
  return ring->bytes;
}
