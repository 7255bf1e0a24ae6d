#include "gst-plugin/regions/regionflow.h"
#include "core/error.h"
#include "gst-plugin/frame/crop.h"
#include "gst-plugin/labels/regionmeta.h"
#include "gst-plugin/regions/describe.h"

typedef struct
{
  GstBuffer *buffer;
  CnxFlowTurn turn;
  GArray *marked;               /* CnxMarkedRegion */
  gint64 start;                 /* g_get_monotonic_time() when it came */
} Frame;

/* ---- passes ---- */

/* Regions as parts of a frame: those that are known well enough have labels. Returns how many have none. */
static guint
plan (CnxFlow * flow, const Frame * frame, guint interval, GPtrArray * parts)
{
  guint open = 0;

  for (guint i = 0; i < frame->marked->len; i++) {
    cnx_region_memory_plan (&flow->memory, &g_array_index (frame->marked, CnxMarkedRegion, i).region, interval, parts);
    open += ((CnxPart *) g_ptr_array_index (parts, i))->labels == NULL;
  }
  return open;
}

/* The @open parts without labels to the slot. */
static gboolean
read_parts (CnxFlow * flow, GstBuffer * buffer, const GPtrArray * parts, guint open, GError ** error)
{
  g_autofree GstVideoRectangle *boxes = g_new (GstVideoRectangle, open);
  float *slot = cnx_classifier_widen (flow->classifier, open, error);
  GstVideoFrame frame;
  guint n = 0;

  if (!slot)
    return FALSE;
  for (guint i = 0; i < parts->len; i++) {
    const CnxPart *part = g_ptr_array_index (parts, i);
    if (!part->labels)
      boxes[n++] = part->region.box;
  }
  if (!cnx_frame_in_map (&frame, &flow->info, buffer, error))
    return FALSE;
  const gboolean good = cnx_frame_in_run_regions (flow->frame_in, &frame, boxes, n, slot, error);
  gst_video_frame_unmap (&frame);
  return good;
}

static gboolean
has (const GPtrArray * parts, const CnxPart * part)
{
  for (guint i = 0; i < parts->len; i++) {
    const CnxPart *other = g_ptr_array_index (parts, i);
    if (other->region.id == part->region.id && other->region.kind == part->region.kind
        && other->labels == part->labels)
      return TRUE;
  }
  return FALSE;
}

/* Whether all of @parts, which are known, are there in @before, and no others. */
static gboolean
are_those (const GPtrArray * parts, const CnxResult * before)
{
  if (!before || !before->parts || before->parts->len != parts->len)
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    if (!has (before->parts, g_ptr_array_index (parts, i)))
      return FALSE;
  return TRUE;
}

/* All that there is is known, or nothing is there: that takes no pass. It is a result where the last one was of others,
 * as when one has gone; else there is nothing newer to be had than what is carried. */
static void
tell_known (CnxFlow * flow, const CnxClassifyRequest * request, GPtrArray * parts)
{
  if (are_those (parts, flow->carried.result)) {
    cnx_carried_hold (&flow->carried);
    return;
  }
  cnx_flow_renew (flow, cnx_result_new_of (cnx_classifier_model (flow->classifier), g_ptr_array_ref (parts),
          request->width, request->height, request->running_time));
  cnx_flow_post (flow, flow->carried.result);
}

/* With the slot claimed. */
static GstFlowReturn
classify (CnxFlow * flow, Frame * frame, const CnxSettings * set)
{
  g_autoptr (GPtrArray) parts = cnx_parts_new ();
  CnxClassifyRequest *request = &frame->turn.request;
  g_autoptr (GError) error = NULL;
  const guint open = plan (flow, frame, set->reclassify_interval, parts);

  if (open == 0) {
    cnx_classifier_release (flow->classifier);
    frame->turn.fate = CNX_FATE_KNOWN;
    tell_known (flow, request, parts);
    return GST_FLOW_OK;
  }
  cnx_pace_note (&flow->pace);
  cnx_flow_turn_upright (flow);
  const gint64 start = g_get_monotonic_time ();
  if (!read_parts (flow, frame->buffer, parts, open, &error)) {
    cnx_classifier_release (flow->classifier);
    GST_ELEMENT_ERROR (flow->element, STREAM, FORMAT, ("%s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }
  cnx_stats_add_reading (&flow->stats, g_get_monotonic_time () - start);
  request->parts = parts;
  if (frame->turn.waits) {
    const CnxResult *result = cnx_flow_run (flow, request, frame->start);
    if (result)
      cnx_flow_post (flow, result);
    return result ? GST_FLOW_OK : GST_FLOW_ERROR;
  }
  return cnx_classifier_submit (flow->classifier, request, &error) ? GST_FLOW_OK :
      cnx_flow_fail (flow, error);
}

/* ---- who is told ---- */

/* The labels that the regions marked on this frame have by now, whichever frame they came from. */
static void
tell (CnxFlow * flow, const Frame * frame)
{
  const CnxResult *carried = flow->carried.result;
  g_autoptr (GPtrArray) marks = g_ptr_array_new ();
  GPtrArray *parts = cnx_parts_new ();

  for (guint i = 0; i < frame->marked->len; i++) {
    CnxMarkedRegion *marked = &g_array_index (frame->marked, CnxMarkedRegion, i);
    CnxResult *labels = cnx_region_memory_find (&flow->memory, carried->parts, &marked->region);
    if (!labels)
      continue;
    cnx_parts_add (parts, &marked->region, 0, labels);
    g_ptr_array_add (marks, marked);
  }
  g_autoptr (CnxResult) result = cnx_result_new_of (carried->model, parts, frame->turn.request.width,
      frame->turn.request.height, carried->running_time);
  result->pass = carried->pass;
  g_autofree CnxMetaRegion *regions = cnx_regions_describe (parts);
  for (guint i = 0; i < marks->len; i++) {
    const CnxMarkedRegion *marked = g_ptr_array_index (marks, i);
    cnx_region_meta_tie (frame->buffer, marked->roi, marked->detection, cnx_model_name (carried->model), &regions[i]);
  }
  cnx_teller_add (&flow->teller, result, frame->buffer);
}

/* As flow.c does it, but nothing is known of a frame's scene. */
static GstFlowReturn
take (CnxFlow * flow, Frame * frame, const CnxSettings * set)
{
  CnxFlowTurn *turn = &frame->turn;
  GstFlowReturn flowed = GST_FLOW_OK;
  const gboolean due = turn->fate == CNX_FATE_CLASSIFIED;
  float *slot;

  if (!cnx_flow_claim (flow, turn, set, &slot))
    return GST_FLOW_ERROR;
  if (slot && due) {
    flowed = classify (flow, frame, set);
  } else if (slot) {
    cnx_classifier_release (flow->classifier);
    cnx_carried_hold (&flow->carried);
  } else if (due) {
    turn->fate = CNX_FATE_BUSY;
  }
  if (flowed != GST_FLOW_OK)
    return flowed;
  cnx_flow_note_frame (flow, turn->fate, turn->request.running_time, flow->carried.result);
  if (flow->carried.result && flow->carried.result->parts)
    tell (flow, frame);
  return GST_FLOW_OK;
}

GstFlowReturn
cnx_region_flow_frame (CnxFlow * flow, GstBuffer * buffer, GstClockTime running_time, const CnxSettings * set)
{
  g_autoptr (GArray) marked = cnx_regions_collect (buffer, &flow->info, &set->regions);
  Frame frame = { buffer, cnx_flow_turn (flow, running_time, set), marked, g_get_monotonic_time () };
  CnxClassifyRequest *request = &frame.turn.request;

  request->width = flow->info.width;
  request->height = flow->info.height;
  cnx_frame_size (buffer, &request->width, &request->height);
  cnx_region_memory_next (&flow->memory, set->changes);
  const GstFlowReturn flowed = take (flow, &frame, set);
  cnx_flow_tell_news (flow);
  return flowed;
}
