/**
 * SECTION:element-labelpublish
 * @title: labelpublish
 * @short_description: writes the labels that ride on buffers as lines of JSON
 *
 * Passes buffers of any kind on as they are, and writes a line for each new result that they carry: of `convnext`, and
 * on GStreamer 1.24 and later of any element that writes GstAnalyticsClsMtd. A line is a JSON object: `stream`,
 * `source` (where it has a name), `running-time` (seconds, of the frame that was classified), `time` (the wall clock's
 * when the result came by here, RFC 3339, UTC), `frame` (which one was classified, of those of its stream that came by
 * here, from 0), `model` and `labels`, best first, each with `id`, `label` and `confidence`. What is not known is null.
 *
 * `location` is a file, which is appended to and opened anew when it was rotated away; a pipe with a name; - for the
 * standard output; or the address of an MQTT broker, mqtt:// or mqtts://[user@]host[:port]/topic, or of a Kafka
 * cluster, kafka://host[:port][,host...]/topic, in which {stream} and {label} stand for what they say. A thread of its
 * own writes: no buffer ever waits for it. What cannot be written yet waits in order, and is written when it can be;
 * where more than `queue-size` wait the oldest are dropped, which `stats` counts and the log says once a minute. At the
 * end of a stream what waits has `drain-timeout` to get out.
 *
 * With `on-change`, which is the default, only results with another first label than the one before are written.
 * With `discovery=homeassistant` each stream becomes a sensor in Home Assistant, by MQTT.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -q videotestsrc num-buffers=10 ! convnext threshold=0 ! labelpublish location=- ! fakesink
 * gst-launch-1.0 v4l2src ! convnext source=door ! labelpublish discovery=homeassistant client-id=hall retain=true \
 *   location=mqtt://localhost/cameras/{stream} ! fakesink
 * gst-launch-1.0 v4l2src ! convnext source=door ! labelpublish client-id=door qos=2 retain=true \
 *   location=mqtt://localhost/cameras/{stream}/{label} ! fakesink
 * ]|
 */
#include "gst-plugin/publish/gstlabelpublish.h"
#include "gst-plugin/field.h"
#include "gst-plugin/frame/crop.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/labels/regionmeta.h"
#include "gst-plugin/publish/location.h"
#include "gst-plugin/publish/news.h"
#include "gst-plugin/publish/outbox.h"
#include "gst-plugin/settings.h"
#include "gst-plugin/upstream.h"
#include "core/error.h"

GST_DEBUG_CATEGORY_STATIC (label_publish_debug);
#define GST_CAT_DEFAULT label_publish_debug

#define DEFAULT_ON_CHANGE TRUE
#define DEFAULT_MIN_INTERVAL 0
#define DEFAULT_QUEUE_SIZE 10000
#define MOST_QUEUE_SIZE 10000000
#define DEFAULT_DRAIN_TIMEOUT 2000
#define DEFAULT_QOS 1
#define DEFAULT_RETAIN FALSE

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_ON_CHANGE,
  PROP_MIN_INTERVAL,
  PROP_QUEUE_SIZE,
  PROP_DRAIN_TIMEOUT,
  PROP_QOS,
  PROP_RETAIN,
  PROP_CLIENT_ID,
  PROP_PASSWORD_FILE,
  PROP_CA_FILE,
  PROP_DISCOVERY,
  PROP_STATS,
};

struct _GstLabelPublish
{
  GstBaseTransform parent;

  /* properties, under the object lock */
  char *location, *client_id, *password_file, *ca_file;
  guint qos, discovery;
  gboolean retain;
  gboolean on_change;
  guint min_interval, queue_size, drain_timeout;
  gboolean fixed;               /* from READY to PAUSED on: what is said of the place stays */

  CnxOutbox *outbox;

  /* the streaming thread's own */
  char *stream;
  int width, height;            /* of frames; 0: the caps do not say */
  CnxNews *news;
};

G_DEFINE_TYPE (GstLabelPublish, gst_label_publish, GST_TYPE_BASE_TRANSFORM);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

/* ---- opening and closing ---- */

static void
on_trouble (gpointer user_data, const GError * error)
{
  GstLabelPublish *self = user_data;

  GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("%s", error->message),
      ("what comes waits, up to queue-size, and is written when it can be"));
}

static void
on_refused (gpointer user_data, const GError * error)
{
  GstLabelPublish *self = user_data;

  GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("%s", error->message), ("what comes behind it is written"));
}

static void
on_lost (gpointer user_data, guint64 dropped)
{
  GST_WARNING_OBJECT (user_data, "%" G_GUINT64_FORMAT " results could not be published and are lost", dropped);
}

static const CnxOutboxListener listener = { on_trouble, on_refused, on_lost };

static void
post_open_error (GstLabelPublish * self, const GError * error)
{
  if (error->domain == CNX_ERROR)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, ("%s", error->message), (NULL));
}

static void
set_fixed (GstLabelPublish * self, gboolean fixed)
{
  GST_OBJECT_LOCK (self);
  self->fixed = fixed;
  GST_OBJECT_UNLOCK (self);
}

/* Nobody changes what they point to from here on. */
static CnxPlaceSettings
fix_settings (GstLabelPublish * self)
{
  GST_OBJECT_LOCK (self);
  self->fixed = TRUE;
  const CnxPlaceSettings settings = {
    .location = self->location,
    .qos = self->qos,
    .retain = self->retain,
    .client_id = self->client_id,
    .password_file = self->password_file,
    .ca_file = self->ca_file,
    .discovery = self->discovery,
  };
  GST_OBJECT_UNLOCK (self);
  return settings;
}

static gboolean
start (GstBaseTransform * base)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (base);
  const CnxPlaceSettings settings = fix_settings (self);
  g_autoptr (GError) error = NULL;

  const CnxPlace *place = cnx_place_for (&settings, &error);
  if (place && cnx_outbox_open (self->outbox, place, &settings, &error))
    return TRUE;
  set_fixed (self, FALSE);
  post_open_error (self, error);
  return FALSE;
}

static gint64
drain_timeout (GstLabelPublish * self)
{
  GST_OBJECT_LOCK (self);
  const gint64 timeout = (gint64) self->drain_timeout * 1000;
  GST_OBJECT_UNLOCK (self);
  return timeout;
}

static gboolean
stop (GstBaseTransform * base)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (base);

  cnx_outbox_close (self->outbox, drain_timeout (self));
  cnx_news_reset (self->news);
  g_clear_pointer (&self->stream, g_free);
  set_fixed (self, FALSE);
  return TRUE;
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)   /* else it would wait for a stream that waits at its end */
    cnx_outbox_set_hurried (GST_LABEL_PUBLISH (element)->outbox, TRUE);
  return GST_ELEMENT_CLASS (gst_label_publish_parent_class)->change_state (element, transition);
}

/* ---- events and buffers ---- */

static void
drain (GstLabelPublish * self)
{
  if (!cnx_outbox_drain (self->outbox, drain_timeout (self)))
    GST_WARNING_OBJECT (self, "the stream has ended, and %" G_GUINT64_FORMAT " results still wait to be published",
        cnx_outbox_stats (self->outbox).waiting);
}

static gboolean
sink_event (GstBaseTransform * base, GstEvent * event)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (base);
  const char *stream = NULL;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      gst_event_parse_stream_start (event, &stream);
      g_free (self->stream);
      self->stream = g_strdup (stream);
      break;
    case GST_EVENT_FLUSH_START:        /* beside the streaming thread, which may be waiting */
      cnx_outbox_set_hurried (self->outbox, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      cnx_outbox_set_hurried (self->outbox, FALSE);
      cnx_news_reset (self->news);
      break;
    case GST_EVENT_EOS:
      drain (self);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_label_publish_parent_class)->sink_event (base, event);
}

/* Of encoded frames many caps say it too. */
static gboolean
set_caps (GstBaseTransform * base, GstCaps * in, GstCaps * out)
{
  const GstStructure *structure = gst_caps_get_structure (in, 0);
  GstLabelPublish *self = GST_LABEL_PUBLISH (base);

  self->width = self->height = 0;
  gst_structure_get (structure, "width", G_TYPE_INT, &self->width, "height", G_TYPE_INT, &self->height, NULL);
  return TRUE;
}

typedef struct
{
  GstLabelPublish *self;
  GstBuffer *buffer;
  CnxNewsRules rules;
  GstClockTime running_time;    /* the buffer's */
} Look;

/* Those of @labels with their boxes in the pixels of the buffer, which may have been scaled since; NULL where there is
 * no list. */
static CnxMetaRegion *
regions_here (const Look * look, const CnxMetaLabels * labels)
{
  int width = look->self->width, height = look->self->height;

  if (!labels->regions)
    return NULL;
  CnxMetaRegion *regions = g_new (CnxMetaRegion, labels->n_regions + 1);
  cnx_frame_size (look->buffer, &width, &height);
  for (guint i = 0; i < labels->n_regions; i++) {
    regions[i] = labels->regions[i];
    regions[i].box = cnx_region_meta_box (labels, i, width, height);
  }
  return regions;
}

static void
publish (const Look * look, const CnxMetaLabels * labels)
{
  g_autofree CnxMetaRegion *regions = regions_here (look, labels);
  CnxMetaLabels here = *labels;

  here.regions = regions;
  cnx_outbox_put (look->self->outbox, cnx_message_new (&here, g_get_real_time (),
          cnx_news_frame_of (look->self->news, labels->running_time)));
}

/* Another element's classification has neither a time nor a stream: they are the buffer's. */
static gboolean
publish_news (const CnxMetaLabels * found, gpointer user_data)
{
  const Look *look = user_data;
  GstLabelPublish *self = look->self;
  CnxMetaLabels labels = *found;

  if (!labels.stream || !*labels.stream)
    labels.stream = self->stream;
  if (!GST_CLOCK_TIME_IS_VALID (labels.running_time))
    labels.running_time = look->running_time;
  if (cnx_news_is (self->news, &labels, &look->rules))
    publish (look, &labels);
  return TRUE;
}

static GstFlowReturn
transform_ip (GstBaseTransform * base, GstBuffer * buffer)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (base);
  Look look = { self, buffer, {FALSE, 0}, cnx_upstream_running_time (&base->segment, buffer) };

  GST_OBJECT_LOCK (self);
  look.rules = (CnxNewsRules) { self->on_change, self->min_interval * GST_MSECOND };
  GST_OBJECT_UNLOCK (self);
  cnx_news_next_frame (self->news, self->stream, look.running_time);
  cnx_label_meta_foreach (buffer, publish_news, &look);
  return GST_FLOW_OK;
}

/* ---- properties ---- */

static GType
discovery_get_type (void)
{
  static const GEnumValue values[] = {
    {CNX_DISCOVERY_NONE, "Nobody", "none"},
    {CNX_DISCOVERY_HOME_ASSISTANT, "Home Assistant, by its MQTT discovery", "homeassistant"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLabelPublishDiscovery", values));
  return type;
}

/* Where a property's value is, and whether it is one of the place, which are read when that is opened. */
static const struct
{
  gsize offset;
  gboolean of_place;
} fields[] = {
  [PROP_LOCATION] = {G_STRUCT_OFFSET (GstLabelPublish, location), TRUE},
  [PROP_ON_CHANGE] = {G_STRUCT_OFFSET (GstLabelPublish, on_change), FALSE},
  [PROP_MIN_INTERVAL] = {G_STRUCT_OFFSET (GstLabelPublish, min_interval), FALSE},
  [PROP_QUEUE_SIZE] = {G_STRUCT_OFFSET (GstLabelPublish, queue_size), FALSE},
  [PROP_DRAIN_TIMEOUT] = {G_STRUCT_OFFSET (GstLabelPublish, drain_timeout), FALSE},
  [PROP_QOS] = {G_STRUCT_OFFSET (GstLabelPublish, qos), TRUE},
  [PROP_RETAIN] = {G_STRUCT_OFFSET (GstLabelPublish, retain), TRUE},
  [PROP_CLIENT_ID] = {G_STRUCT_OFFSET (GstLabelPublish, client_id), TRUE},
  [PROP_PASSWORD_FILE] = {G_STRUCT_OFFSET (GstLabelPublish, password_file), TRUE},
  [PROP_CA_FILE] = {G_STRUCT_OFFSET (GstLabelPublish, ca_file), TRUE},
  [PROP_DISCOVERY] = {G_STRUCT_OFFSET (GstLabelPublish, discovery), TRUE},
};

/* An empty text is none. FALSE: it cannot be changed now. With the lock held. */
static gboolean
set_field (GstLabelPublish * self, guint id, const GValue * value)
{
  const gpointer field = G_STRUCT_MEMBER_P (self, fields[id].offset);
  g_auto (GValue) wanted = G_VALUE_INIT;

  g_value_init (&wanted, G_VALUE_TYPE (value));
  g_value_copy (value, &wanted);
  if (G_VALUE_HOLDS_STRING (value) && g_strcmp0 (g_value_get_string (value), "") == 0)
    g_value_set_string (&wanted, NULL);
  if (fields[id].of_place && self->fixed && cnx_field_differs (field, &wanted))
    return FALSE;
  cnx_field_set (field, &wanted);
  return TRUE;
}

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (object);

  GST_OBJECT_LOCK (self);
  const gboolean is_right = set_field (self, id, value);
  if (id == PROP_QUEUE_SIZE)
    cnx_outbox_set_size (self->outbox, self->queue_size);
  GST_OBJECT_UNLOCK (self);
  if (!is_right)
    cnx_refuse_property (GST_ELEMENT (self), pspec);
}

static GstStructure *
make_stats (GstLabelPublish * self)
{
  const CnxOutboxStats stats = cnx_outbox_stats (self->outbox);

  return gst_structure_new ("labelpublish", "published", G_TYPE_UINT64, stats.published, "waiting", G_TYPE_UINT64,
      stats.waiting, "dropped", G_TYPE_UINT64, stats.dropped, "reconnects", G_TYPE_UINT64, stats.reconnects, NULL);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_STATS)
    g_value_take_boxed (value, make_stats (self));
  else
    cnx_field_get (G_STRUCT_MEMBER_P (self, fields[id].offset), value);
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstLabelPublish *self = GST_LABEL_PUBLISH (object);

  cnx_outbox_free (self->outbox);
  cnx_news_free (self->news);
  g_free (self->location);
  g_free (self->client_id);
  g_free (self->password_file);
  g_free (self->ca_file);
  g_free (self->stream);
  G_OBJECT_CLASS (gst_label_publish_parent_class)->finalize (object);
}

static void
gst_label_publish_init (GstLabelPublish * self)
{
  self->on_change = DEFAULT_ON_CHANGE;
  self->min_interval = DEFAULT_MIN_INTERVAL;
  self->queue_size = DEFAULT_QUEUE_SIZE;
  self->drain_timeout = DEFAULT_DRAIN_TIMEOUT;
  self->qos = DEFAULT_QOS;
  self->retain = DEFAULT_RETAIN;
  self->outbox = cnx_outbox_new (&listener, self);
  cnx_outbox_set_size (self->outbox, self->queue_size);
  self->news = cnx_news_new ();
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}

/* Those of the place. The base class's qos, which this one hides, is about frames that come late. */
static void
install_place_properties (GObjectClass * klass)
{
  const GParamFlags before = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_LOCATION, g_param_spec_string ("location", "Location",
          "Where labels go: the path of a file, which is appended to, or of a pipe with a name; - for the standard "
          "output; mqtt:// or mqtts://[user@]host[:port]/topic, or kafka://host[:port][,host...]/topic, where {stream} "
          "and {label} stand for what they say",
          NULL, before));
  g_object_class_install_property (klass, PROP_QOS, g_param_spec_uint ("qos", "Quality of service",
          "What a broker is asked for: 0: each result at most once, 1: at least once, 2: exactly once", 0, 2,
          DEFAULT_QOS, before));
  g_object_class_install_property (klass, PROP_RETAIN, g_param_spec_boolean ("retain", "Retain",
          "An MQTT broker keeps the last result of each topic for those who come later", DEFAULT_RETAIN, before));
  g_object_class_install_property (klass, PROP_CLIENT_ID, g_param_spec_string ("client-id", "Client id",
          "Who this element is to a broker, the same from run to run and different from all others'; none: one by "
          "chance", NULL, before));
  g_object_class_install_property (klass, PROP_PASSWORD_FILE, g_param_spec_string ("password-file", "Password file",
          "A file whose first line is the password of the user in location", NULL, before));
  g_object_class_install_property (klass, PROP_CA_FILE, g_param_spec_string ("ca-file", "Certificates' file",
          "A file of certificates in PEM that vouch for the broker of mqtts://; none: those that the system trusts",
          NULL, before));
  g_object_class_install_property (klass, PROP_DISCOVERY, g_param_spec_enum ("discovery", "Discovery",
          "Who is told, over MQTT, that each stream is a sensor; needs client-id, and {stream} in the topic",
          discovery_get_type (), CNX_DISCOVERY_NONE, before));
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags always = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, PROP_ON_CHANGE, g_param_spec_boolean ("on-change", "On change",
          "Publish only results with another first label than the one published before", DEFAULT_ON_CHANGE, always));
  g_object_class_install_property (klass, PROP_MIN_INTERVAL, g_param_spec_uint ("min-interval", "Least interval",
          "Publish a classifier's results at least so many milliseconds of running time apart; 0: any", 0, G_MAXUINT,
          DEFAULT_MIN_INTERVAL, always));
  g_object_class_install_property (klass, PROP_QUEUE_SIZE, g_param_spec_uint ("queue-size", "Queue size",
          "While nothing can be written, keep at most so many results: the oldest are dropped", 1, MOST_QUEUE_SIZE,
          DEFAULT_QUEUE_SIZE, always));
  g_object_class_install_property (klass, PROP_DRAIN_TIMEOUT, g_param_spec_uint ("drain-timeout", "Drain timeout",
          "At the end of a stream, wait at most so many milliseconds for what is not written yet", 0, G_MAXUINT,
          DEFAULT_DRAIN_TIMEOUT, always));
  g_object_class_install_property (klass, PROP_STATS, g_param_spec_boxed ("stats", "Statistics",
          "Results since the element was started: published, waiting and dropped; and reconnects, how often the place "
          "was opened again or came back", GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_label_publish_class_init (GstLabelPublishClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (label_publish_debug, "labelpublish", 0, "label publisher");
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_place_properties (object_class);
  install_properties (object_class);
  element_class->change_state = change_state;
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->transform_ip = transform_ip;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Label publisher", "Filter/Analyzer",
      "Writes the labels that a classifier attached to buffers as lines of JSON", "The gst-convnext authors");
}
