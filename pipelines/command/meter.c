/* Speed, the time left, and how both are shown. */
#include "pipelines/command/meter.h"
#include "pipelines/command/command.h"

#include <stdio.h>

#define BAR_WIDTH 20
#define SAMPLE_US (G_USEC_PER_SEC / 5)
#define LINE_US (5 * G_USEC_PER_SEC)
/* The weight of the newest sample: what it shows is about the last two seconds. */
#define NEWEST 0.1

char *
cnx_meter_size (guint64 bytes)
{
  return g_strdup_printf ("%.1f MB", bytes / 1e6);
}

/* "12.3 MB/s  0:42 left", as far as it is known. */
static char *
describe_speed (const CnxMeter * meter, guint64 done, guint64 total, const char *between)
{
  const double left = meter->rate > 0 && total > done ? (total - done) / meter->rate : 0;
  g_autofree char *time = NULL;

  if (meter->rate <= 0)
    return g_strdup ("");
  if (left > 0 && left < 100 * 3600)
    time = g_strdup_printf ("%s%d:%02d left", between, (int) left / 60, (int) left % 60);
  return g_strdup_printf ("%s%.1f MB/s%s", between, meter->rate / 1e6, time ? time : "");
}

static void
draw_bar (const CnxMeter * meter, guint64 done, guint64 total)
{
  const int filled = total ? done * BAR_WIDTH / total : 0;
  g_autofree char *speed = describe_speed (meter, done, total, "  ");

  if (total)
    fprintf (stderr, CNX_ERASE_LINE "[%.*s%*s] %3d %%  %.1f of %.1f MB%s", filled, "####################",
        BAR_WIDTH - filled, "", (int) (done * 100 / total), done / 1e6, total / 1e6, speed);
  else
    fprintf (stderr, CNX_ERASE_LINE "%.1f MB%s", done / 1e6, speed);
}

static void
print_line (const CnxMeter * meter, guint64 done, guint64 total)
{
  g_autofree char *speed = describe_speed (meter, done, total, ", ");

  if (total)
    cnx_say ("%s: %d %%, %.1f of %.1f MB%s", meter->file, (int) (done * 100 / total), done / 1e6,
        total / 1e6, speed);
  else
    cnx_say ("%s: %.1f MB%s", meter->file, done / 1e6, speed);
}

/* What was there before the first sample did not come in any time of ours. */
static void
sample (CnxMeter * meter, gint64 now, guint64 done)
{
  if (meter->sampled && done >= meter->bytes) {
    const double rate = (done - meter->bytes) * (double) G_USEC_PER_SEC / (now - meter->sampled);
    meter->rate = meter->rate > 0 ? NEWEST * rate + (1 - NEWEST) * meter->rate : rate;
  }
  meter->sampled = now;
  meter->bytes = done;
}

void
cnx_meter_update (CnxMeter * meter, guint64 done, guint64 total)
{
  const gint64 now = g_get_monotonic_time ();

  if (meter->quiet)
    return;
  if (!meter->sampled)
    meter->shown = now;
  if (!meter->sampled || now - meter->sampled >= SAMPLE_US) {
    sample (meter, now, done);
    if (meter->on_terminal) {
      draw_bar (meter, done, total);
      meter->drawn = TRUE;
    }
  }
  if (!meter->on_terminal && now - meter->shown >= LINE_US) {
    print_line (meter, done, total);
    meter->shown = now;
  }
}

void
cnx_meter_clear (CnxMeter * meter)
{
  if (meter->drawn)
    fputs (CNX_ERASE_LINE, stderr);
  meter->drawn = FALSE;
}
