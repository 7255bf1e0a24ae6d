/* Tells what was found: to who has the buffer, and to who reads the bus. */
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

void cnx_teller_init (CnxTeller * teller);
void cnx_teller_clear (CnxTeller * teller);

void cnx_teller_set_stream (CnxTeller * teller, const char *stream);
void cnx_teller_set (CnxTeller * teller, const char *source, gboolean posts);

/** Adds @result to @buffer, which must be writable (its memory need not be). */
void cnx_teller_add (CnxTeller * teller, const CnxResult * result, GstBuffer * buffer);

/** A new one: posts it as an element message of @element's, if that is wanted. */
void cnx_teller_post (CnxTeller * teller, const CnxResult * result, GstElement * element);

G_END_DECLS
