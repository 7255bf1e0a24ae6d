#include "pipelines/watch/intake.h"

#include <string.h>

#include "core/error.h"

#define TEST_CAPS "video/x-raw,width=640,height=360,framerate=15/1"
#define RTSP_LATENCY 200        /* ms; a jitter buffer, and no more: what waits there is late */

/* Elements and the packages that have them. */
static const struct
{
  const char *factory, *package;
} packages[] = {
  {"urisourcebin", "gstreamer1.0-plugins-base"}, {"parsebin", "gstreamer1.0-plugins-base"},
  {"decodebin", "gstreamer1.0-plugins-base"}, {"videotestsrc", "gstreamer1.0-plugins-base"},
  {"videoscale", "gstreamer1.0-plugins-base"}, {"videoconvert", "gstreamer1.0-plugins-base"},
  {"appsink", "gstreamer1.0-plugins-base"}, {"v4l2src", "gstreamer1.0-plugins-good"},
  {"rtspsrc", "gstreamer1.0-plugins-good"}, {"jpegenc", "gstreamer1.0-plugins-good"},
};

typedef struct
{
  char *user, *password, *transport;
  CnxIntakeEncoded encoded;
  gpointer data;
  GDestroyNotify free;
  gint seen;                    /* atomic: a video stream was taken */
  GstPad *ghost;                /* of the bin, which owns this */
} Intake;

static void
intake_free (gpointer data)
{
  Intake *intake = data;

  g_free (intake->user);
  g_free (intake->password);
  g_free (intake->transport);
  if (intake->free)
    intake->free (intake->data);
  g_free (intake);
}

GstElement *
cnx_intake_make (const char *factory, const char *name, GError ** error)
{
  GstElement *element = gst_element_factory_make (factory, name);
  const char *package = "GStreamer's plugins";

  if (element)
    return element;
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    if (strcmp (packages[i].factory, factory) == 0)
      package = packages[i].package;
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "GStreamer has no element %s: install %s", factory, package);
  return NULL;
}

gboolean
cnx_intake_is_file (const CnxCameraConfig * config)
{
  return cnx_source_kind (config->source) == CNX_SOURCE_FILE;
}

/* ---- what comes when it is known what there is ---- */

/* Adds @factory to @bin, ready to be linked to. */
static GstElement *
join (GstBin * bin, const char *factory)
{
  g_autoptr (GError) error = NULL;
  GstElement *element = cnx_intake_make (factory, NULL, &error);

  if (!element) {
    GST_ELEMENT_ERROR (bin, CORE, MISSING_PLUGIN, ("%s.", error->message), (NULL));
    return NULL;
  }
  gst_bin_add (bin, element);
  return element;
}

static void
link_pad (GstPad * pad, GstElement * to)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (to, "sink");

  if (GST_PAD_LINK_FAILED (gst_pad_link (pad, sink)))
    GST_WARNING_OBJECT (to, "%" GST_PTR_FORMAT " cannot be linked", pad);
}

static void
throw_away (GstBin * bin, GstPad * pad)
{
  GstElement *sink = join (bin, "fakesink");

  if (!sink)
    return;
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_element_sync_state_with_parent (sink);
  link_pad (pad, sink);
}

static gboolean
has_prefix (GstPad * pad, const char *const *prefixes)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  if (gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return FALSE;
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  for (; *prefixes; prefixes++)
    if (g_str_has_prefix (name, *prefixes))
      return TRUE;
  return FALSE;
}

static void
on_decoded (GstElement * decodebin, GstPad * pad, gpointer data)
{
  static const char *const raw[] = { "video/x-raw", NULL };
  Intake *intake = data;

  if (has_prefix (pad, raw) && gst_ghost_pad_set_target (GST_GHOST_PAD (intake->ghost), pad))
    return;
  g_autoptr (GstElement) bin = GST_ELEMENT (gst_element_get_parent (decodebin));
  throw_away (GST_BIN (bin), pad);
}

/* One stream of video, parsed. */
static void
take_video (GstBin * bin, GstPad * pad, Intake * intake)
{
  GstElement *tee = join (bin, "tee"), *queue = join (bin, "queue"), *decode = join (bin, "decodebin");

  if (!tee || !queue || !decode)
    return;
  g_object_set (queue, "max-size-buffers", 0, "max-size-bytes", 0, "max-size-time", GST_SECOND, NULL);
  g_object_set (tee, "allow-not-linked", TRUE, NULL);
  g_signal_connect (decode, "pad-added", G_CALLBACK (on_decoded), intake);
  gst_element_link_many (tee, queue, decode, NULL);
  if (intake->encoded)
    intake->encoded (intake->data, tee);
  gst_element_sync_state_with_parent (decode);
  gst_element_sync_state_with_parent (queue);
  gst_element_sync_state_with_parent (tee);
  link_pad (pad, tee);
}

static void
on_parsed (GstElement * parsebin, GstPad * pad, gpointer data)
{
  static const char *const video[] = { "video/", "image/", NULL };
  Intake *intake = data;
  g_autoptr (GstElement) bin = GST_ELEMENT (gst_element_get_parent (parsebin));

  if (has_prefix (pad, video) && g_atomic_int_compare_and_exchange (&intake->seen, FALSE, TRUE))
    take_video (GST_BIN (bin), pad, intake);
  else
    throw_away (GST_BIN (bin), pad);
}

/* RTP says what it carries before it is parsed. */
static gboolean
is_other_media (GstPad * pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  if (gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return FALSE;
  const char *media = gst_structure_get_string (gst_caps_get_structure (caps, 0), "media");
  return media && strcmp (media, "video") != 0;
}

static void
on_source (GstElement * source, GstPad * pad, gpointer data)
{
  g_autoptr (GstElement) bin = GST_ELEMENT (gst_element_get_parent (source));

  if (is_other_media (pad)) {
    throw_away (GST_BIN (bin), pad);
    return;
  }
  GstElement *parse = join (GST_BIN (bin), "parsebin");
  if (!parse)
    return;
  g_signal_connect (parse, "pad-added", G_CALLBACK (on_parsed), data);
  gst_element_sync_state_with_parent (parse);
  link_pad (pad, parse);
}

/* ---- sources ---- */

static void
set_if_there (GstElement * element, const char *property, const char *value)
{
  if (value && g_object_class_find_property (G_OBJECT_GET_CLASS (element), property))
    gst_util_set_object_arg (G_OBJECT (element), property, value);
}

static void
on_source_setup (GstElement * urisourcebin, GstElement * source, gpointer data)
{
  const Intake *intake = data;

  set_if_there (source, "user-id", intake->user);
  set_if_there (source, "user-pw", intake->password);
  set_if_there (source, "protocols", intake->transport);
  if (g_strcmp0 (G_OBJECT_TYPE_NAME (source), "GstRTSPSrc") == 0)
    g_object_set (source, "latency", RTSP_LATENCY, NULL);
}

/* A frame that cannot be decoded is one frame less. Cameras are decoded beside each other, each by one thread: more
 * would be frames in memory, and no faster together. What a parser knows of a stream's head is with each key frame: a
 * clip begins at any. */
static void
on_element (GstBin * bin, GstBin * in, GstElement * element, gpointer data)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "max-errors"))
    g_object_set (element, "max-errors", -1, NULL);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "max-threads"))
    g_object_set (element, "max-threads", 1, NULL);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "config-interval"))
    g_object_set (element, "config-interval", -1, NULL);
}

static gboolean
add_address (GstBin * bin, Intake * intake, const CnxCameraConfig * config, GError ** error)
{
  g_autofree char *address = cnx_source_uri (config->source, config->user, config->password);
  GstElement *source = cnx_intake_make ("urisourcebin", NULL, error);

  if (!source)
    return FALSE;
  g_object_set (source, "uri", address, NULL);
  g_signal_connect (source, "source-setup", G_CALLBACK (on_source_setup), intake);
  g_signal_connect (source, "pad-added", G_CALLBACK (on_source), intake);
  return gst_bin_add (bin, source);
}

static gboolean
add_test (GstBin * bin, Intake * intake, const char *pattern, GError ** error)
{
  GstElement *source = cnx_intake_make ("videotestsrc", NULL, error);
  GstElement *filter = source ? cnx_intake_make ("capsfilter", NULL, error) : NULL;

  if (!filter) {
    gst_clear_object (&source);
    return FALSE;
  }
  g_autoptr (GstCaps) caps = gst_caps_from_string (TEST_CAPS);
  g_object_set (source, "is-live", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (source), "pattern", pattern);
  g_object_set (filter, "caps", caps, NULL);
  gst_bin_add_many (bin, source, filter, NULL);
  gst_element_link (source, filter);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (filter, "src");
  return gst_ghost_pad_set_target (GST_GHOST_PAD (intake->ghost), pad);
}

static gboolean
add_device (GstBin * bin, Intake * intake, const char *path, GError ** error)
{
  GstElement *source = cnx_intake_make ("v4l2src", NULL, error);
  GstElement *decode = source ? cnx_intake_make ("decodebin", NULL, error) : NULL;

  if (!decode) {
    gst_clear_object (&source);
    return FALSE;
  }
  g_object_set (source, "device", path, NULL);
  g_signal_connect (decode, "pad-added", G_CALLBACK (on_decoded), intake);
  gst_bin_add_many (bin, source, decode, NULL);
  return gst_element_link (source, decode);
}

GstElement *
cnx_intake_new (const CnxCameraConfig * config, CnxIntakeEncoded encoded, gpointer data, GDestroyNotify free,
    GError ** error)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new ("intake"));
  Intake *intake = g_new0 (Intake, 1);
  gboolean good;

  intake->user = g_strdup (config->user);
  intake->password = g_strdup (config->password);
  intake->transport = g_strdup (config->transport);
  intake->encoded = encoded;
  intake->data = data;
  intake->free = free;
  intake->ghost = gst_ghost_pad_new_no_target ("src", GST_PAD_SRC);
  gst_pad_set_active (intake->ghost, TRUE);
  gst_element_add_pad (bin, intake->ghost);
  g_object_set_data_full (G_OBJECT (bin), "intake", intake, intake_free);
  g_signal_connect (bin, "deep-element-added", G_CALLBACK (on_element), NULL);
  switch (cnx_source_kind (config->source)) {
    case CNX_SOURCE_TEST:
      good = add_test (GST_BIN (bin), intake, cnx_source_pattern (config->source), error);
      break;
    case CNX_SOURCE_DEVICE:
      good = add_device (GST_BIN (bin), intake, config->source, error);
      break;
    default:
      good = add_address (GST_BIN (bin), intake, config, error);
  }
  return good ? g_steal_pointer (&bin) : NULL;
}
