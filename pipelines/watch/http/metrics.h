/* What is known of cameras, in Prometheus' text format 0.0.4. */
#pragma once

#include "pipelines/watch/http/views.h"

G_BEGIN_DECLS

#define CNX_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/**
 * CnxMetricsFacts:
 * @view: of convnext_info
 * @streams: clients of /events that there are; @streams_dropped: that were too slow, since the start
 */
typedef struct
{
  CnxViewFacts view;
  guint streams;
  guint64 streams_dropped;
} CnxMetricsFacts;

void cnx_metrics_append (GString * out, const CnxBoard * board, const CnxMetricsFacts * facts);

G_END_DECLS
