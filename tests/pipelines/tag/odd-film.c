/* A GStreamer plugin for tests: a decoder of films that make it do what none should. Such a file begins with "CNXODD ",
 * and says in its next word what is to happen, after so many frames as the number behind it says; or "look", for who
 * looks what the file is not to come back, and to leave a byte in the file that CNX_TEST_SEEN names. And a decoder of
 * playlists that connects to the first address on the loopback that they name. */
#define PACKAGE "gst-convnext"
#include <gst/video/video.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAGIC "CNXODD "
#define LOOK MAGIC "look "
#define TYPE "video/x-cnx-odd"
#define SIDE 64
/* What a film whose frames are "late" takes for each block that is read of it. */
#define LATE_US (G_USEC_PER_SEC / 2)

typedef struct
{
  GstElement parent;
  GstPad *source;
  gboolean begun;
  int late;                     /* frames that come at the end */
} OddDecoder;

typedef struct
{
  GstElementClass parent;
} OddDecoderClass;

static GType odd_decoder_get_type (void);
G_DEFINE_TYPE (OddDecoder, odd_decoder, GST_TYPE_ELEMENT);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (TYPE));
static GstStaticPadTemplate source_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format=GRAY8, width=64, height=64, framerate=1/1"));

static void
misbehave (const char *how)
{
  if (strcmp (how, "abort") == 0)
    abort ();
  if (strcmp (how, "exit") == 0)
    exit (3);
  if (strcmp (how, "memory") == 0)
    memset (g_malloc ((gsize) 1 << 31), 1, 1);
  while (strcmp (how, "hang") == 0)
    g_usleep (G_USEC_PER_SEC);
}

static void
push_frame (OddDecoder * self, int number)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, SIDE * SIDE, NULL);

  gst_buffer_memset (frame, 0, number, SIDE * SIDE);
  GST_BUFFER_PTS (frame) = number * GST_SECOND;
  GST_BUFFER_DURATION (frame) = GST_SECOND;
  gst_pad_push (self->source, frame);
}

static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  OddDecoder *self = (OddDecoder *) parent;
  char text[64] = "", how[16] = "";
  int frames = 0;

  gst_buffer_extract (buffer, 0, text, sizeof text - 1);
  gst_buffer_unref (buffer);
  if (self->late > 0)
    g_usleep (LATE_US);
  if (self->begun || sscanf (text, MAGIC "%15s %d", how, &frames) != 2)
    return GST_FLOW_OK;
  self->begun = TRUE;
  if (strcmp (how, "late") == 0) {
    self->late = frames;
    return GST_FLOW_OK;
  }
  for (int i = 0; i < frames; i++)
    push_frame (self, i);
  misbehave (how);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  OddDecoder *self = (OddDecoder *) parent;
  GstSegment segment;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    g_autoptr (GstCaps) caps = gst_static_pad_template_get_caps (&source_template);
    gst_event_unref (event);
    return gst_pad_push_event (self->source, gst_event_new_caps (caps));
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    gst_event_unref (event);
    gst_segment_init (&segment, GST_FORMAT_TIME);
    return gst_pad_push_event (self->source, gst_event_new_segment (&segment));
  }
  for (int i = 0; GST_EVENT_TYPE (event) == GST_EVENT_EOS && i < self->late; i++)
    push_frame (self, i);
  return gst_pad_event_default (pad, parent, event);
}

static void
odd_decoder_init (OddDecoder * self)
{
  GstPad *sink = gst_pad_new_from_static_template (&sink_template, "sink");

  self->source = gst_pad_new_from_static_template (&source_template, "src");
  gst_pad_set_chain_function (sink, chain);
  gst_pad_set_event_function (sink, on_event);
  gst_pad_use_fixed_caps (self->source);
  gst_element_add_pad (GST_ELEMENT (self), sink);
  gst_element_add_pad (GST_ELEMENT (self), self->source);
}

static void
odd_decoder_class_init (OddDecoderClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &source_template);
  gst_element_class_set_static_metadata (element_class, "Odd films", "Codec/Decoder/Video", "Misbehaves as told",
      "The gst-convnext authors");
}

/* ---- a demuxer of playlists, which fetches what they name ---- */

typedef struct
{
  GstElement parent;
} OddPlaylist;

typedef struct
{
  GstElementClass parent;
} OddPlaylistClass;

static GType odd_playlist_get_type (void);
G_DEFINE_TYPE (OddPlaylist, odd_playlist, GST_TYPE_ELEMENT);

static GstStaticPadTemplate playlist_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("application/x-hls; application/dash+xml; application/sdp"));
static GstStaticPadTemplate fetched_template = GST_STATIC_PAD_TEMPLATE ("src_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("video/x-raw"));

static GstFlowReturn
fetch (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  struct sockaddr_in to = {.sin_family = AF_INET,.sin_addr = {htonl (INADDR_LOOPBACK)} };
  char text[256] = "";
  int port = 0;

  gst_buffer_extract (buffer, 0, text, sizeof text - 1);
  gst_buffer_unref (buffer);
  const char *address = strstr (text, "127.0.0.1:");
  if (address && sscanf (address, "127.0.0.1:%d", &port) == 1) {
    const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons (port);
    if (fd >= 0 && connect (fd, (struct sockaddr *) &to, sizeof to) == 0)
      close (fd);
  }
  return GST_FLOW_EOS;
}

static void
odd_playlist_init (OddPlaylist * self)
{
  GstPad *sink = gst_pad_new_from_static_template (&playlist_template, "sink");

  gst_pad_set_chain_function (sink, fetch);
  gst_element_add_pad (GST_ELEMENT (self), sink);
}

static void
odd_playlist_class_init (OddPlaylistClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &playlist_template);
  gst_element_class_add_static_pad_template (element_class, &fetched_template);
  gst_element_class_set_static_metadata (element_class, "Odd playlists", "Codec/Demuxer/Adaptive",
      "Fetches what is named", "The gst-convnext authors");
}

/* ---- the plugin ---- */

static void
look_for_ever (void)
{
  FILE *seen = g_getenv ("CNX_TEST_SEEN") ? fopen (g_getenv ("CNX_TEST_SEEN"), "ae") : NULL;

  if (seen) {
    fputc ('.', seen);
    fclose (seen);
  }
  misbehave ("hang");
}

static void
find_type (GstTypeFind * find, gpointer data)
{
  const guint8 *head = gst_type_find_peek (find, 0, strlen (MAGIC));

  if (head && gst_type_find_peek (find, 0, strlen (LOOK)) && memcmp (head, LOOK, strlen (LOOK)) == 0)
    look_for_ever ();
  if (head && memcmp (head, MAGIC, strlen (MAGIC)) == 0)
    gst_type_find_suggest (find, GST_TYPE_FIND_MAXIMUM, data);
}

static gboolean
plugin_init (GstPlugin * plugin)
{
  GstCaps *caps = gst_caps_new_empty_simple (TYPE);      /* as long as the process */

  return gst_type_find_register (plugin, TYPE, GST_RANK_PRIMARY, find_type, "odd", caps, caps, NULL)
      && gst_element_register (plugin, "cnxodddec", GST_RANK_PRIMARY, odd_decoder_get_type ())
      && gst_element_register (plugin, "cnxoddplaylist", GST_RANK_PRIMARY + 100, odd_playlist_get_type ());
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, cnxodd, "Films that misbehave, for tests", plugin_init,
    PACKAGE_VERSION, "LGPL", "gst-convnext", "https://example.org/")
