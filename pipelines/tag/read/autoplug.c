#include "pipelines/tag/read/autoplug.h"

#include <string.h>

#include "core/error.h"

GstElement *
cnx_autoplug_make (const char *factory, GstElement * pipeline, GError ** error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element)
    gst_bin_add (GST_BIN (pipeline), element);
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "GStreamer has no element \"%s\": install "
        "gstreamer1.0-plugins-base", factory);
  return element;
}

static gboolean
is_among (const char *word, const char *const *words, guint n)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (word, words[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Of an element's klass every word must be known: Adaptive, Network and Source are what playlists are played with. */
static gboolean
is_plain (const char *klass)
{
  static const char *const known[] = { "Codec", "Decoder", "Demuxer", "Parser", "Video", "Image", "Hardware", "Bin",
    "Converter", "Metadata"
  };
  static const char *const needed[] = { "Decoder", "Demuxer", "Parser" };
  g_auto (GStrv) words = g_strsplit (klass, "/", -1);
  gboolean works = FALSE;

  for (guint i = 0; words[i]; i++) {
    if (!is_among (words[i], known, G_N_ELEMENTS (known)))
      return FALSE;
    works |= is_among (words[i], needed, G_N_ELEMENTS (needed));
  }
  return works;
}

/* Those of libav that open what they read the name of; its klass does not say so. */
static gboolean
opens_others (const char *name)
{
  static const char *const named[] = { "applehttp", "concat", "dash", "hls", "image2", "imf", "rtp", "rtsp", "sdp",
    "webm_dash_manifest"
  };
  const char *of_libav = "avdemux_";

  return g_str_has_prefix (name, of_libav) && is_among (name + strlen (of_libav), named, G_N_ELEMENTS (named));
}

gboolean
cnx_autoplug_allows (GstElementFactory * factory)
{
  const char *klass = gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_KLASS);

  return klass && is_plain (klass) && !opens_others (GST_OBJECT_NAME (factory));
}

gboolean
cnx_autoplug_wants (GstCaps * caps)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  return !g_str_has_prefix (name, "audio/") && !g_str_has_prefix (name, "text/")
      && !g_str_has_prefix (name, "subpicture/") && !g_str_has_prefix (name, "closedcaption/");
}

gboolean
cnx_autoplug_is_raw_video (GstPad * pad)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  return !gst_caps_is_any (caps) && !gst_caps_is_empty (caps)
      && gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw");
}

char *
cnx_autoplug_describe_error (const GError * cause, const char *debug)
{
  const char *last = debug ? strrchr (debug, '\n') : NULL;
  g_autofree char *detail = g_strdup (last && !strchr (last, '/') ? last + 1 : "");

  g_strstrip (detail);
  return *detail ? g_strdup_printf ("%s (%s)", cause->message, detail) : g_strdup (cause->message);
}
