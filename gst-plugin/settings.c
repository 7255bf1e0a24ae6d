#include "gst-plugin/settings.h"
#include "gst-plugin/field.h"

#define DEFAULT_DEVICE "auto"
#define DEFAULT_THREADS 0
#define DEFAULT_PRECISION CNX_PRECISION_AUTO
#define DEFAULT_BATCH 1
#define DEFAULT_BATCH_TIMEOUT 0
#define DEFAULT_TOP_K 5
#define DEFAULT_THRESHOLD -1.0  /* below 0: what the model recommends */
#define DEFAULT_MODE MODE_AUTO
#define DEFAULT_LABEL_TIMEOUT 2000
#define DEFAULT_SMOOTHING 0
#define DEFAULT_HYSTERESIS 0.0
#define DEFAULT_POST_MESSAGES FALSE
#define DEFAULT_VIDEO_DIRECTION GST_VIDEO_ORIENTATION_AUTO
#define DEFAULT_INTERVAL 1
#define DEFAULT_MAX_RATE 0
#define DEFAULT_SCENE_THRESHOLD 0
#define DEFAULT_SCENE_CUT 0.3
#define DEFAULT_INFERENCE_REGION INFERENCE_FULL_FRAME
#define DEFAULT_MIN_REGION 0
#define DEFAULT_MAX_REGIONS 16
#define DEFAULT_RECLASSIFY_INTERVAL 1
#define MOST_REGIONS 256
#define MOST_AT_ONCE 8
#define DEFAULT_HEATMAP FALSE

enum
{
  PROP_0,
  PROP_VARIANT,
  PROP_MODEL,
  PROP_LABELS,
  PROP_RECIPE,
  PROP_DEVICE,
  PROP_THREADS,
  PROP_PRECISION,
  PROP_BATCH,
  PROP_TOP_K,
  PROP_THRESHOLD,
  PROP_MODE,
  PROP_LABEL_TIMEOUT,
  PROP_SMOOTHING,
  PROP_HYSTERESIS,
  PROP_POST_MESSAGES,
  PROP_SOURCE,
  PROP_VIDEO_DIRECTION,
  PROP_INTERVAL,
  PROP_MAX_RATE,
  PROP_SCENE_THRESHOLD,
  PROP_BATCH_TIMEOUT,
  PROP_SCENE_CUT,
  PROP_INFERENCE_REGION,
  PROP_OBJECT_CLASS,
  PROP_MIN_REGION,
  PROP_MAX_REGIONS,
  PROP_RECLASSIFY_INTERVAL,
  PROP_HEATMAP,
};

typedef enum
{ KIND_PLAIN, KIND_STRING, KIND_INTERNED } Kind;

/* Whose a property's value is, where it is, whether it is one that the network is opened with, and whether it stays
 * while that is used. */
static const struct
{
  Kind kind;
  gsize offset;
  gboolean opens, stays;
} fields[] = {
  [PROP_VARIANT] = {KIND_STRING, G_STRUCT_OFFSET (CnxSettings, variant), TRUE},
  [PROP_MODEL] = {KIND_STRING, G_STRUCT_OFFSET (CnxSettings, model), TRUE},
  [PROP_LABELS] = {KIND_STRING, G_STRUCT_OFFSET (CnxSettings, labels), TRUE},
  [PROP_RECIPE] = {KIND_STRING, G_STRUCT_OFFSET (CnxSettings, recipe), TRUE},
  [PROP_DEVICE] = {KIND_STRING, G_STRUCT_OFFSET (CnxSettings, device), TRUE, TRUE},
  [PROP_THREADS] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, threads), TRUE, TRUE},
  [PROP_PRECISION] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, precision), TRUE},
  [PROP_BATCH] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, batch), TRUE},
  [PROP_TOP_K] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, top_k), FALSE},
  [PROP_THRESHOLD] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, threshold), FALSE},
  [PROP_MODE] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, mode), FALSE},
  [PROP_LABEL_TIMEOUT] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, label_timeout), FALSE},
  [PROP_SMOOTHING] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, smoothing), FALSE},
  [PROP_HYSTERESIS] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, hysteresis), FALSE},
  [PROP_POST_MESSAGES] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, post_messages), FALSE},
  [PROP_SOURCE] = {KIND_STRING, G_STRUCT_OFFSET (CnxSettings, source), FALSE},
  [PROP_VIDEO_DIRECTION] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, video_direction), FALSE},
  [PROP_INTERVAL] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, pace.interval), FALSE},
  [PROP_MAX_RATE] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, pace.max_rate), FALSE},
  [PROP_SCENE_THRESHOLD] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, scene_threshold), FALSE},
  [PROP_BATCH_TIMEOUT] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, batch_timeout), FALSE},
  [PROP_SCENE_CUT] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, scene_cut), FALSE},
  [PROP_INFERENCE_REGION] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, inference_region), FALSE},
  [PROP_OBJECT_CLASS] = {KIND_INTERNED, G_STRUCT_OFFSET (CnxSettings, regions.kinds), FALSE},
  [PROP_MIN_REGION] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, regions.shortest), FALSE},
  [PROP_MAX_REGIONS] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, regions.most), FALSE},
  [PROP_RECLASSIFY_INTERVAL] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, reclassify_interval), FALSE},
  [PROP_HEATMAP] = {KIND_PLAIN, G_STRUCT_OFFSET (CnxSettings, heatmap), FALSE},
};

#define READY_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_model_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_VARIANT, g_param_spec_string ("variant", "Variant",
          "Find weights of this published variant: T, S, B, L, XL, atto, femto, pico, nano or the long "
          "names, with v2- before it for ConvNeXt V2; with model set, what the model must be", NULL,
          PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MODEL, g_param_spec_string ("model", "Model",
          "Weights (.safetensors, .pth), a folder that holds them, or a model's name; unset, and "
          "variant too: the model that ships (everyday)", NULL, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_LABELS, g_param_spec_string ("labels", "Labels",
          "A text file with a label per line, in class order; unset: the model's own", NULL,
          PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_RECIPE, g_param_spec_string ("recipe", "Recipe",
          "How a frame becomes the network's input, where not as the model says, such as "
          "size=288,crop-pct=1.0: size, crop-pct, crop-mode, interpolation, mean, std", NULL, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_DEVICE, g_param_spec_string ("device", "Device",
          "The OpenCL device: auto (a hardware GPU, else a CPU), gpu, cpu, an index, or a part of a "
          "name", DEFAULT_DEVICE, READY_FLAGS));
  g_object_class_install_property (klass, PROP_THREADS, g_param_spec_uint ("threads", "Threads",
          "On a CPU device, use at most so many threads; 0: all", 0, 1024, DEFAULT_THREADS,
          READY_FLAGS));
  g_object_class_install_property (klass, PROP_PRECISION, g_param_spec_enum ("precision", "Precision",
          "What the network's products run in", TYPE_PRECISION, DEFAULT_PRECISION, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_BATCH, g_param_spec_uint ("batch", "Batch",
          "Where several elements share a network: run at most so many of their frames at once", 1, 256,
          DEFAULT_BATCH, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_BATCH_TIMEOUT, g_param_spec_uint ("batch-timeout", "Batch timeout",
          "Where fewer frames than batch wait: let this element's wait so many microseconds for more; 0: for none", 0,
          G_USEC_PER_SEC, DEFAULT_BATCH_TIMEOUT, PLAYING_FLAGS));
}

/* No more than a signed number holds: what is given as -1 is refused, and not taken for 49 days. */
static void
install_steady_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_SMOOTHING, g_param_spec_uint ("smoothing", "Smoothing",
          "Average the confidences of all classes over running time, exponentially, with a time constant of so many "
          "milliseconds; 0: off", 0, G_MAXINT, DEFAULT_SMOOTHING, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_HYSTERESIS, g_param_spec_double ("hysteresis", "Hysteresis",
          "Keep the first label first until another's confidence leads its by so much, up to 1; 0: off", 0, 1,
          DEFAULT_HYSTERESIS, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_SCENE_CUT, g_param_spec_double ("scene-cut", "Scene cut",
          "Begin smoothing and hysteresis anew with a frame that differs by more from the last that was classified, as "
          "scene-threshold measures it; 0: never", 0, 1, DEFAULT_SCENE_CUT, PLAYING_FLAGS));
}

static void
install_answer_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_TOP_K, g_param_spec_uint ("top-k", "Top k",
          "Attach at most so many labels, best first", 1, 1000, DEFAULT_TOP_K, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_THRESHOLD, g_param_spec_double ("threshold", "Threshold",
          "Attach only labels with at least this confidence, from 0 (any) to 1; below 0: what the model's config.json "
          "recommends as its threshold, else " G_STRINGIFY (CNX_USUAL_THRESHOLD), -1, 1, DEFAULT_THRESHOLD,
          PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MODE, g_param_spec_enum ("mode", "Mode",
          "Whether buffers wait for their labels", TYPE_MODE, DEFAULT_MODE, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_LABEL_TIMEOUT, g_param_spec_uint ("label-timeout", "Label timeout",
          "In mode latest, carry labels for at most so many milliseconds when no newer ones come; 0: for ever", 0,
          G_MAXUINT, DEFAULT_LABEL_TIMEOUT, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post each new result on the bus too, as an element message named convnext",
          DEFAULT_POST_MESSAGES, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_SOURCE, g_param_spec_string ("source", "Source",
          "What to call where the video comes from, such as a camera's name, beside the stream's id", NULL,
          PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_VIDEO_DIRECTION,
      g_param_spec_enum ("video-direction", "Video direction",
          "How frames must be turned to be upright for the network; what is passed on stays as it is. auto: as the "
          "stream's tags say", GST_TYPE_VIDEO_ORIENTATION_METHOD, DEFAULT_VIDEO_DIRECTION, PLAYING_FLAGS));
}

/* No interval beyond what a signed number holds: -1 is refused. */
static void
install_pace_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_INTERVAL, g_param_spec_uint ("interval", "Interval",
          "Classify one frame in so many; those that are passed over carry the newest labels; 1: every frame", 1,
          G_MAXINT, DEFAULT_INTERVAL, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MAX_RATE, g_param_spec_double ("max-rate", "Max rate",
          "Classify at most so many frames a second of running time; those that are passed over carry the newest "
          "labels; 0: no limit", 0, G_MAXDOUBLE, DEFAULT_MAX_RATE, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_SCENE_THRESHOLD, g_param_spec_double ("scene-threshold",
          "Scene threshold", "Classify no frame again that differs by less from the last that was classified: the mean "
          "difference, 0 to 1, of the network's input in grey and of 32 x 32 pixels; 0: off", 0, 1,
          DEFAULT_SCENE_THRESHOLD, PLAYING_FLAGS));
}

static void
install_region_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_INFERENCE_REGION, g_param_spec_enum ("inference-region",
          "Inference region", "What of each frame is classified: the frame, or the regions that elements upstream have "
          "marked in it, by GstVideoRegionOfInterestMeta or GStreamer's analytics metadata", TYPE_INFERENCE_REGION,
          DEFAULT_INFERENCE_REGION, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_OBJECT_CLASS, g_param_spec_string ("object-class", "Object class",
          "With inference-region=roi-list, classify only regions that were detected as one of these: names, with "
          "commas between; unset: any", NULL, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MIN_REGION, g_param_spec_uint ("min-region", "Min region",
          "With inference-region=roi-list, classify only regions whose shorter side has at least so many pixels", 0,
          G_MAXINT, DEFAULT_MIN_REGION, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MAX_REGIONS, g_param_spec_uint ("max-regions", "Max regions",
          "With inference-region=roi-list, classify at most so many regions of a frame, the largest", 1, MOST_REGIONS,
          DEFAULT_MAX_REGIONS, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_RECLASSIFY_INTERVAL, g_param_spec_uint ("reclassify-interval",
          "Reclassify interval", "With inference-region=roi-list, classify a region that is tracked on one frame in so "
          "many; 1: on every frame; 0: once", 0, G_MAXINT, DEFAULT_RECLASSIFY_INTERVAL, PLAYING_FLAGS));
}

static void
install_heat_property (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_HEATMAP, g_param_spec_boolean ("heatmap", "Heat map",
          "Attach where in the frame the first label was seen, as a map from 0 to 1 beside the labels", DEFAULT_HEATMAP,
          PLAYING_FLAGS));
}

void
cnx_settings_install (GObjectClass * klass)
{
  install_model_properties (klass);
  install_answer_properties (klass);
  install_steady_properties (klass);
  install_pace_properties (klass);
  install_region_properties (klass);
  install_heat_property (klass);
}

void
cnx_settings_init (CnxSettings * self)
{
  *self = (CnxSettings) {
    .device = g_strdup (DEFAULT_DEVICE),.threads = DEFAULT_THREADS,.precision = DEFAULT_PRECISION,
    .batch = DEFAULT_BATCH,.batch_timeout = DEFAULT_BATCH_TIMEOUT,.top_k = DEFAULT_TOP_K,
    .threshold = DEFAULT_THRESHOLD,.mode = DEFAULT_MODE,.label_timeout = DEFAULT_LABEL_TIMEOUT,
    .smoothing = DEFAULT_SMOOTHING,.hysteresis = DEFAULT_HYSTERESIS,
    .post_messages = DEFAULT_POST_MESSAGES,
    .video_direction = DEFAULT_VIDEO_DIRECTION,.pace = {DEFAULT_INTERVAL, DEFAULT_MAX_RATE},
    .scene_threshold = DEFAULT_SCENE_THRESHOLD,.scene_cut = DEFAULT_SCENE_CUT,
    .inference_region = DEFAULT_INFERENCE_REGION,.regions = {NULL, DEFAULT_MIN_REGION, DEFAULT_MAX_REGIONS},
    .reclassify_interval = DEFAULT_RECLASSIFY_INTERVAL,.heatmap = DEFAULT_HEATMAP
  };
}

void
cnx_settings_clear (CnxSettings * self)
{
  for (guint id = 0; id < G_N_ELEMENTS (fields); id++)
    if (fields[id].kind == KIND_STRING)
      g_clear_pointer ((char **) G_STRUCT_MEMBER_P (self, fields[id].offset), g_free);
}

void
cnx_settings_get (const CnxSettings * self, guint id, GValue * value)
{
  cnx_field_get (G_STRUCT_MEMBER_P (self, fields[id].offset), value);
}

/* Where regions are classified, as many at once as a frame may have. */
static guint
group_of (const CnxSettings * self)
{
  return self->inference_region == INFERENCE_ROI_LIST ? MIN (self->regions.most, MOST_AT_ONCE) : 0;
}

gboolean
cnx_settings_set (CnxSettings * self, guint id, const GValue * value)
{
  const gpointer field = G_STRUCT_MEMBER_P (self, fields[id].offset);
  const guint at_once = MAX (self->batch, group_of (self));

  self->changes++;
  if (fields[id].kind == KIND_INTERNED)
    *(const char **) field = g_intern_string (g_value_get_string (value));
  else
    cnx_field_set (field, value);
  return fields[id].opens || MAX (self->batch, group_of (self)) != at_once;
}

CnxEngineSettings
cnx_settings_engine (const CnxSettings * self)
{
  return (CnxEngineSettings) { self->model, self->variant, self->labels, self->recipe, self->device, self->threads,
    self->precision, self->batch, group_of (self)
  };
}

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

void
cnx_settings_put_back (CnxSettings * self, const CnxEngineSettings * opened)
{
  replace (&self->model, opened->model);
  replace (&self->variant, opened->variant);
  replace (&self->labels, opened->labels);
  replace (&self->recipe, opened->recipe);
  replace (&self->device, opened->device);
  self->threads = opened->threads;
  self->precision = opened->precision;
  self->batch = opened->batch;
}

gboolean
cnx_settings_refuses (const CnxSettings * self, guint id, const GValue * value)
{
  return fields[id].stays && cnx_field_differs (G_STRUCT_MEMBER_P (self, fields[id].offset), value);
}

void
cnx_refuse_property (GstElement * element, GParamSpec * pspec)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("'%s' stays as it is: it cannot be changed in PAUSED or PLAYING. Set the element to READY first.", pspec->name),
      (NULL));
}
