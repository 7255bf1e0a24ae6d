#include "pipelines/watch/http/metrics.h"

#include "pipelines/watch/http/process.h"
#include "pipelines/watch/http/prometheus.h"

typedef double (*NumberFunc) (const CnxBoardCamera * camera);

#define NUMBER(name, expression) \
  static double name (const CnxBoardCamera * camera) { return expression; }

NUMBER (frames, camera->frames)
NUMBER (classified, camera->classified)
NUMBER (errors, camera->errors)
NUMBER (reconnects, camera->reconnects)
NUMBER (connected, camera->state == CNX_BOARD_CONNECTED)
NUMBER (state_time, camera->since / 1e6)
NUMBER (picture_time, camera->picture ? camera->picture_time / 1e6 : 0)
NUMBER (frame_rate, camera->frame_rate)
NUMBER (classify_rate, camera->classify_rate)

static const struct
{
  const char *name, *type, *help;
  NumberFunc number;
} numbers[] = {
  {"convnext_frames_total", "counter", "Frames that came from the camera.", frames},
  {"convnext_classified_total", "counter", "Frames that were classified.", classified},
  {"convnext_errors_total", "counter", "Errors of the camera or its decoder.", errors},
  {"convnext_reconnects_total", "counter", "How often the camera was connected again.", reconnects},
  {"convnext_camera_connected", "gauge", "1 while frames come, else 0.", connected},
  {"convnext_camera_state_time_seconds", "gauge", "When its state changed last, since the epoch.", state_time},
  {"convnext_camera_picture_time_seconds", "gauge", "When its newest picture came, since the epoch; 0: none.",
      picture_time},
  {"convnext_frame_rate", "gauge", "Frames a second, of late.", frame_rate},
  {"convnext_classify_rate", "gauge", "Classifications a second, of late.", classify_rate},
};

static const struct
{
  const char *name, *help;
  gsize offset;
} histograms[] = {
  {"convnext_pass_seconds", "How long the network took for a frame, its waiting for other cameras included.",
      G_STRUCT_OFFSET (CnxBoardCamera, passes)},
  {"convnext_label_age_seconds", "How old the labels were that a frame was shown with.",
      G_STRUCT_OFFSET (CnxBoardCamera, ages)},
};

/* name{camera="..."; without the last bracket. */
static void
append_name (GString * out, const char *name, const char *ending, const CnxBoardCamera * camera)
{
  g_string_append_printf (out, "%s%s{camera=\"", name, ending);
  cnx_prometheus_append_escaped (out, camera->name);
  g_string_append_c (out, '"');
}

static void
append_histogram (GString * out, const char *name, const CnxBoardCamera * camera, const CnxBoardHistogram * histogram)
{
  static const double bounds[] = CNX_BOARD_BOUNDS;
  guint64 below = 0;

  G_STATIC_ASSERT (G_N_ELEMENTS (bounds) + 1 == CNX_BOARD_BUCKETS);
  for (guint i = 0; i < CNX_BOARD_BUCKETS; i++) {
    below += histogram->buckets[i];
    append_name (out, name, "_bucket", camera);
    g_string_append (out, ",le=\"");
    if (i < G_N_ELEMENTS (bounds))
      cnx_prometheus_append_number (out, bounds[i]);
    else
      g_string_append (out, "+Inf");
    g_string_append_printf (out, "\"} %" G_GUINT64_FORMAT "\n", below);
  }
  append_name (out, name, "_sum", camera);
  g_string_append (out, "} ");
  cnx_prometheus_append_number (out, histogram->sum);
  g_string_append_c (out, '\n');
  append_name (out, name, "_count", camera);
  g_string_append_printf (out, "} %" G_GUINT64_FORMAT "\n", histogram->count);
}

static void
append_cameras (GString * out, const GPtrArray * cameras)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    cnx_prometheus_append_head (out, numbers[i].name, numbers[i].type, numbers[i].help);
    for (guint j = 0; j < cameras->len; j++) {
      const CnxBoardCamera *camera = g_ptr_array_index (cameras, j);
      append_name (out, numbers[i].name, "", camera);
      g_string_append (out, "} ");
      cnx_prometheus_append_number (out, numbers[i].number (camera));
      g_string_append_c (out, '\n');
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (histograms); i++) {
    cnx_prometheus_append_head (out, histograms[i].name, "histogram", histograms[i].help);
    for (guint j = 0; j < cameras->len; j++) {
      const CnxBoardCamera *camera = g_ptr_array_index (cameras, j);
      append_histogram (out, histograms[i].name, camera, G_STRUCT_MEMBER_P (camera, histograms[i].offset));
    }
  }
}

static void
append_info (GString * out, const CnxViewFacts * facts)
{
  const char *const info[][2] = { {"device", facts->device}, {"precision", facts->precision}, {"model", facts->model} };

  cnx_prometheus_append_head (out, "convnext_info", "gauge", "What classifies, as labels; always 1.");
  g_string_append (out, "convnext_info{");
  for (guint i = 0; i < G_N_ELEMENTS (info); i++) {
    g_string_append_printf (out, "%s%s=\"", i > 0 ? "," : "", info[i][0]);
    cnx_prometheus_append_escaped (out, info[i][1] ? info[i][1] : "");
    g_string_append_c (out, '"');
  }
  g_string_append (out, "} 1\n");
}

void
cnx_metrics_append (GString * out, const CnxBoard * board, const CnxMetricsFacts * facts)
{
  append_info (out, &facts->view);
  append_cameras (out, cnx_board_cameras (board));
  cnx_prometheus_append_head (out, "convnext_http_streams", "gauge", "Clients that are told of changes as they come.");
  g_string_append_printf (out, "convnext_http_streams %u\n", facts->streams);
  cnx_prometheus_append_head (out, "convnext_http_streams_dropped_total", "counter",
      "Such clients that read too slowly.");
  g_string_append_printf (out, "convnext_http_streams_dropped_total %" G_GUINT64_FORMAT "\n", facts->streams_dropped);
  cnx_process_append (out);
}
