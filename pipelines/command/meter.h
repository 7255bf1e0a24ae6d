/* How far a download is: a bar on a terminal, now and then a line elsewhere, on standard error. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What erases the terminal's line that the bar stands in. */
#define CNX_ERASE_LINE "\r\033[K"

/**
 * CnxMeter:
 * @file: what is downloaded, as its lines begin
 * @quiet: nothing is shown
 * @on_terminal: a bar, which is drawn over and over, instead of lines
 *
 * Start it as { .file = ..., }; the rest is its own.
 */
typedef struct
{
  const char *file;
  gboolean quiet, on_terminal;

  gint64 sampled, shown;        /* monotonic microseconds */
  guint64 bytes;
  double rate;
  gboolean drawn;
} CnxMeter;

/** Shows, if it is time to, that @done bytes of @total are there; @total is 0 where nobody knows it. */
void cnx_meter_update (CnxMeter * meter, guint64 done, guint64 total);

/** Takes the bar away, so that a line can be printed. */
void cnx_meter_clear (CnxMeter * meter);

/** "114.4 MB". Free with g_free(). */
char *cnx_meter_size (guint64 bytes);

G_END_DECLS
