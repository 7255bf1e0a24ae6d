/* Tells what was found: to who has the buffer, to who reads the bus, and to who is connected to a signal. */
#pragma once

#include "gst-plugin/engine/classifier.h"

G_BEGIN_DECLS

/**
 * CnxTeller:
 * @stream: the stream's id; NULL before there is one
 * @source: what the user calls where it comes from; NULL: nothing
 * @posts: whether what is new goes on the bus
 *
 * Its functions are for any thread.
 */
typedef struct
{
  GMutex lock;
  char *stream, *source;
  gboolean posts;
} CnxTeller;

/** Installs the signal "labels": the stream's id, the running time of the frame (G_MAXUINT64 if unknown), and the
 * structure that goes on the bus. */
void cnx_teller_install (GObjectClass * klass);

void cnx_teller_init (CnxTeller * teller);
void cnx_teller_clear (CnxTeller * teller);

void cnx_teller_set_stream (CnxTeller * teller, const char *stream);
void cnx_teller_set (CnxTeller * teller, const char *source, gboolean posts);

/** Adds @result to @buffer, which must be writable (its memory need not be). */
void cnx_teller_add (CnxTeller * teller, const CnxResult * result, GstBuffer * buffer);

/** A new one: posts it as an element message of @element's, if that is wanted. */
void cnx_teller_post (CnxTeller * teller, const CnxResult * result, GstElement * element);

/** The same, with the signal: returns when all handlers have; nothing is made where there are none. Without a lock. */
void cnx_teller_emit (CnxTeller * teller, const CnxResult * result, GstElement * element);

G_END_DECLS
