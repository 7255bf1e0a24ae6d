#include "pipelines/watch/clips/inlet.h"

struct _CnxClipInlet
{
  GstElement parent;
  CnxClipInletFunc func;
  gpointer data;
  GDestroyNotify destroy;
};

G_DEFINE_TYPE (CnxClipInlet, cnx_clip_inlet, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  CnxClipInlet *inlet = CNX_CLIP_INLET (parent);
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GstSegment *segment = NULL;

  if (event)
    gst_event_parse_segment (event, &segment);
  g_autoptr (GstSample) sample = gst_sample_new (buffer, caps, segment, NULL);
  gst_buffer_unref (buffer);
  inlet->func (inlet->data, sample);
  return GST_FLOW_OK;
}

static gboolean
take_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  CnxClipInlet *inlet = CNX_CLIP_INLET (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    inlet->func (inlet->data, NULL);
  gst_event_unref (event);
  return TRUE;
}

static void
cnx_clip_inlet_finalize (GObject * object)
{
  CnxClipInlet *inlet = CNX_CLIP_INLET (object);

  if (inlet->destroy)
    inlet->destroy (inlet->data);
  G_OBJECT_CLASS (cnx_clip_inlet_parent_class)->finalize (object);
}

static void
cnx_clip_inlet_class_init (CnxClipInletClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = cnx_clip_inlet_finalize;
  gst_element_class_add_static_pad_template (GST_ELEMENT_CLASS (klass), &sink_template);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Clip inlet", "Generic",
      "Gives what comes to a clip", "The gst-convnext authors");
}

static void
cnx_clip_inlet_init (CnxClipInlet * inlet)
{
  GstPad *pad = gst_pad_new_from_static_template (&sink_template, "sink");

  gst_pad_set_chain_function (pad, chain);
  gst_pad_set_event_function (pad, take_event);
  gst_element_add_pad (GST_ELEMENT (inlet), pad);
}

GstElement *
cnx_clip_inlet_new (CnxClipInletFunc func, gpointer data, GDestroyNotify destroy)
{
  CnxClipInlet *inlet = g_object_new (CNX_TYPE_CLIP_INLET, NULL);

  inlet->func = func;
  inlet->data = data;
  inlet->destroy = destroy;
  return GST_ELEMENT (inlet);
}
