#include "gst-plugin/flow.h"
#include "core/error.h"
#include "gst-plugin/log.h"

#define LAST_RESULT_WAIT (10 * G_USEC_PER_SEC)
#define SETTLES 5               /* time constants, after which an average is within 1 % of where it goes */

/* For the log. */
static const char *const fates[CNX_FATES] = {
  [CNX_FATE_CLASSIFIED] = "is classified",
  [CNX_FATE_INTERVAL] = "is passed over by interval",
  [CNX_FATE_RATE] = "is passed over by max-rate",
  [CNX_FATE_SCENE] = "is passed over: it shows the same",
  [CNX_FATE_BUSY] = "is passed over: the device is busy",
  [CNX_FATE_LATE] = "is passed over: it would come too late",
  [CNX_FATE_KNOWN] = "is passed over: its regions are known",
};

GstFlowReturn
cnx_flow_fail (CnxFlow * self, const GError * error)
{
  if (g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT))
    GST_ELEMENT_ERROR (self->element, STREAM, FORMAT, ("%s", error->message), (NULL));
  else if (g_error_matches (error, CNX_ERROR, CNX_ERROR_NUMBERS))
    GST_ELEMENT_ERROR (self->element, STREAM, FAILED, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self->element, LIBRARY, FAILED, ("%s", error->message), (NULL));
  return GST_FLOW_ERROR;
}

void
cnx_flow_post (CnxFlow * self, const CnxResult * result)
{
  cnx_teller_post (&self->teller, result, self->element);
}

/* What the worker has found is told at once: the next buffer may be a second away, or never come. */
static void
on_finished (gpointer user_data, const CnxResult * result, const GError * error)
{
  CnxFlow *self = user_data;

  if (error) {
    cnx_flow_fail (self, error);
    return;
  }
  cnx_stats_add_pass (&self->stats, result->pass / 1000);
  if (result->reading > 0)
    cnx_stats_add_reading (&self->stats, result->reading / 1000);
  cnx_flow_post (self, result);
}

void
cnx_flow_renew (CnxFlow * self, CnxResult * result)
{
  if (result->parts)
    cnx_region_memory_note (&self->memory, result->parts);
  cnx_carried_set (&self->carried, result);
  self->news[self->news[0] != NULL] = cnx_result_ref (result);
}

void
cnx_flow_tell_news (CnxFlow * self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->news); i++) {
    g_autoptr (CnxResult) result = g_steal_pointer (&self->news[i]);
    if (result)
      cnx_teller_emit (&self->teller, result, self->element);
  }
}

/* ---- what frames are ---- */

static void
forget_frames (CnxFlow * self)
{
  cnx_pace_forget (&self->pace);
  cnx_qos_forget (&self->qos);
  cnx_scene_forget (&self->scene);
  cnx_region_memory_forget (&self->memory);
}

void
cnx_flow_init (CnxFlow * self, GstElement * element)
{
  self->element = element;
  g_mutex_init (&self->lock);
  cnx_teller_init (&self->teller);
  cnx_latency_init (&self->latency);
  cnx_qos_init (&self->qos);
  cnx_stats_init (&self->stats);
}

void
cnx_flow_clear (CnxFlow * self)
{
  cnx_carried_set (&self->carried, NULL);
  cnx_region_memory_forget (&self->memory);
  g_clear_pointer (&self->frame_in, cnx_frame_in_unref);
  cnx_flow_set_classifier (self, NULL);
  cnx_latency_clear (&self->latency);
  cnx_qos_clear (&self->qos);
  cnx_stats_clear (&self->stats);
  cnx_teller_clear (&self->teller);
  g_mutex_clear (&self->lock);
}

/* Returns the one before. */
static CnxClassifier *
swap_classifier (CnxFlow * self, CnxClassifier * classifier)
{
  if (classifier) {
    self->heat = (CnxHeatAsk) {FALSE};
    cnx_latency_forget (&self->latency);
    cnx_classifier_set_finished (classifier, on_finished, self);
  }
  cnx_stats_set_engine (&self->stats, classifier ? cnx_classifier_engine (classifier) : NULL);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  CnxClassifier *before = self->classifier;
  self->classifier = classifier;
  return before;
}

void
cnx_flow_set_classifier (CnxFlow * self, CnxClassifier * classifier)
{
  g_autoptr (CnxClassifier) before = swap_classifier (self, classifier);

  if (before)
    cnx_classifier_stop (before);       /* somebody else may have it for a moment still, and what it says comes here */
}

CnxClassifier *
cnx_flow_change_classifier (CnxFlow * self, CnxClassifier * classifier, GError ** error)
{
  CnxFrameIn *frame_in = NULL;

  if (self->frame_in
      && !(frame_in = cnx_frame_in_new (&self->info, cnx_model_recipe (cnx_classifier_model (classifier)), error)))
    return NULL;
  g_clear_pointer (&self->frame_in, cnx_frame_in_unref);
  self->frame_in = frame_in;
  CnxClassifier *before = swap_classifier (self, classifier);
  CnxResult *last = cnx_classifier_take (before, NULL);
  if (last)
    cnx_flow_renew (self, last);
  cnx_classifier_retire (before);
  forget_frames (self);
  return before;
}

CnxClassifier *
cnx_flow_ref_classifier (CnxFlow * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->classifier ? cnx_classifier_ref (self->classifier) : NULL;
}

void
cnx_flow_reset (CnxFlow * self)
{
  g_autoptr (CnxClassifier) classifier = cnx_flow_ref_classifier (self);

  if (classifier)
    cnx_classifier_reset (classifier);
}

gboolean
cnx_flow_set_caps (CnxFlow * self, GstCaps * caps)
{
  g_autoptr (GError) error = NULL;

  cnx_flow_forget (self);
  g_clear_pointer (&self->frame_in, cnx_frame_in_unref);
  if (!gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  self->frame_in = cnx_frame_in_new (&self->info, cnx_model_recipe (cnx_classifier_model (self->classifier)), &error);
  if (!self->frame_in)
    GST_ELEMENT_ERROR (self->element, STREAM, FORMAT, ("%s", error->message), (NULL));
  return self->frame_in != NULL;
}

void
cnx_flow_begin_stream (CnxFlow * self, const char *stream)
{
  cnx_teller_set_stream (&self->teller, stream);
  cnx_mode_forget (&self->choice);
  self->tagged = GST_VIDEO_ORIENTATION_IDENTITY;
  cnx_flow_forget (self);
}

void
cnx_flow_begin_anew (CnxFlow * self)
{
  cnx_classifier_begin_anew (self->classifier);
  forget_frames (self);
}

void
cnx_flow_forget (CnxFlow * self)
{
  cnx_carried_set (&self->carried, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self->news); i++)
    g_clear_pointer (&self->news[i], cnx_result_unref);
  forget_frames (self);
  if (self->classifier)
    cnx_classifier_reset (self->classifier);
}

void
cnx_flow_drain (CnxFlow * self)
{
  if (!cnx_classifier_drain (self->classifier, LAST_RESULT_WAIT))
    GST_ELEMENT_WARNING (self->element, LIBRARY, FAILED, ("The last frame is not classified: the device has not "
            "answered for %d seconds.", (int) (LAST_RESULT_WAIT / G_USEC_PER_SEC)), (NULL));
  CnxResult *last = cnx_classifier_take (self->classifier, NULL);
  if (last)
    cnx_flow_renew (self, last);
  cnx_flow_tell_news (self);
}

/* ---- what becomes of one ---- */

/* How old what is @carried is at @now, by when it was seen. */
static GstClockTime
age_of (const CnxResult * carried, GstClockTime now)
{
  return carried && GST_CLOCK_TIME_IS_VALID (now) && carried->running_time <= now ? now - carried->running_time :
      GST_CLOCK_TIME_NONE;
}

void
cnx_flow_note_frame (CnxFlow * self, CnxFate fate, GstClockTime now, const CnxResult * carried)
{
  const GstClockTime age = age_of (carried, now);

  cnx_stats_add_frame (&self->stats, fate, age);
  if (GST_CLOCK_TIME_IS_VALID (age))
    GST_DEBUG_OBJECT (self->element, "the frame of %" GST_TIME_FORMAT " %s; its labels are %" G_GUINT64_FORMAT
        " ms old", GST_TIME_ARGS (now), fates[fate], age / GST_MSECOND);
  else
    GST_DEBUG_OBJECT (self->element, "the frame of %" GST_TIME_FORMAT " %s; it has %s", GST_TIME_ARGS (now),
        fates[fate], carried ? "labels of an unknown age" : "no labels");
}

void
cnx_flow_turn_upright (CnxFlow * self)
{
  cnx_frame_in_set_direction (self->frame_in, self->direction);
}

/* To the tensor, where it is looked at @here. FALSE after an error message, with the slot released. */
static gboolean
read_frame (CnxFlow * self, GstBuffer * buffer, float *slot, gboolean here)
{
  g_autoptr (GError) error = NULL;
  const gint64 start = g_get_monotonic_time ();

  if (cnx_classifier_read (self->classifier, self->frame_in, &self->info, buffer, slot, here, &error)) {
    cnx_stats_add_reading (&self->stats, g_get_monotonic_time () - start);
    return TRUE;
  }
  GST_ELEMENT_ERROR (self->element, STREAM, FORMAT, ("%s", error->message), (NULL));
  cnx_classifier_release (self->classifier);
  return FALSE;
}

/* What was said of the last frame may be too old by now, or nothing was: @unanswered. A cut is looked for where labels
 * are steadied, and else costs nothing. */
static CnxSceneRule
scene_rule (const CnxSettings * set, const CnxClassifyRequest * request, gboolean unanswered)
{
  const gboolean is_steadied = request->smoothing > 0 || request->hysteresis > 0;

  return (CnxSceneRule) {
    .threshold = set->scene_threshold,.asked = set->changes,.settles = SETTLES * request->smoothing,
    .cut = is_steadied ? set->scene_cut : 0,.unanswered = unanswered
  };
}

/* Whether the frame of @tensor shows what the last one did. After a cut what it shows is all that counts. */
static gboolean
stands (CnxFlow * self, const CnxSceneRule * rule, GstClockTime running_time, const float *tensor)
{
  const CnxRecipe *recipe = cnx_model_recipe (cnx_classifier_model (self->classifier));
  const CnxSceneAnswer answer = cnx_scene_judge (&self->scene, rule, running_time, tensor, recipe);

  if (answer == CNX_SCENE_CUTS)
    cnx_classifier_begin_anew (self->classifier);
  return answer == CNX_SCENE_STANDS;
}

gboolean
cnx_flow_claim (CnxFlow * self, const CnxFlowTurn * turn, const CnxSettings * set, float **slot)
{
  g_autoptr (GError) error = NULL;

  *slot = cnx_classifier_claim (self->classifier, turn->fate == CNX_FATE_CLASSIFIED && turn->waits);
  /* taken after the claim: a worker that is free has finished what it had */
  CnxResult *finished = cnx_classifier_take (self->classifier, &error);
  if (error && *slot)
    cnx_classifier_release (self->classifier);
  if (error)
    return FALSE;
  if (finished)
    cnx_flow_renew (self, finished);
  cnx_carried_at (&self->carried, self->element, turn->request.running_time,
      turn->waits ? 0 : set->label_timeout * GST_MSECOND);
  return TRUE;
}

CnxResult *
cnx_flow_run (CnxFlow * self, const CnxClassifyRequest * request, gint64 start)
{
  g_autoptr (GError) error = NULL;
  CnxResult *result = cnx_classifier_run (self->classifier, request, &error);

  if (!result) {
    cnx_flow_fail (self, error);
    return NULL;
  }
  cnx_latency_note (&self->latency, self->element, start);
  cnx_qos_note (&self->qos, (g_get_monotonic_time () - start) * GST_USECOND);
  cnx_stats_add_pass (&self->stats, result->pass / 1000);
  cnx_flow_renew (self, result);
  return result;
}

static GstFlowReturn
classify_now (CnxFlow * self, GstBuffer * buffer, const CnxClassifyRequest * request, gint64 start)
{
  const CnxResult *result = cnx_flow_run (self, request, start);

  if (!result)
    return GST_FLOW_ERROR;
  cnx_flow_note_frame (self, CNX_FATE_CLASSIFIED, request->running_time, result);
  cnx_teller_add (&self->teller, result, buffer);
  cnx_flow_post (self, result);
  return GST_FLOW_OK;
}

/* Last of all, as the buffer is not only ours then: nothing can be added to it any more. */
static GstFlowReturn
submit (CnxFlow * self, GstBuffer * buffer, const CnxClassifyRequest * request, gboolean unread)
{
  g_autoptr (GError) error = NULL;
  const gboolean good = unread ? cnx_classifier_submit_frame (self->classifier, request, self->frame_in, &self->info,
      buffer, &error) : cnx_classifier_submit (self->classifier, request, &error);

  return good ? GST_FLOW_OK : cnx_flow_fail (self, error);
}

/* A frame carries its own labels where it is due and waits for them, else the newest. It is preprocessed only when it
 * is due, and the worker, if it does not wait, is free to take it: by the worker then, so that it does not wait for
 * that either, unless what becomes of it depends on what it shows. */
static GstFlowReturn
classify (CnxFlow * self, GstBuffer * buffer, CnxFlowTurn * turn, const CnxSettings * set)
{
  CnxClassifyRequest *request = &turn->request;
  CnxFate fate = turn->fate;
  const gboolean due = fate == CNX_FATE_CLASSIFIED;
  const gint64 start = g_get_monotonic_time ();
  float *tensor;

  if (!cnx_flow_claim (self, turn, set, &tensor))
    return GST_FLOW_ERROR;
  const CnxResult *carried = self->carried.result;
  const CnxSceneRule rule = scene_rule (set, request, !carried);
  const gboolean looks = cnx_scene_looks (&rule), unread = !turn->waits && !looks;
  if (tensor && due)
    cnx_flow_turn_upright (self);
  if (tensor && due && !unread && !read_frame (self, buffer, tensor, looks))
    return GST_FLOW_ERROR;
  if (due && !tensor)
    fate = CNX_FATE_BUSY;
  else if (due && stands (self, &rule, request->running_time, tensor))
    fate = CNX_FATE_SCENE;
  if (tensor && fate != CNX_FATE_CLASSIFIED) {
    cnx_classifier_release (self->classifier);
    cnx_carried_hold (&self->carried);
  } else if (tensor) {
    request->heat.wanted = cnx_heat_ask (&self->heat, self->element, cnx_classifier_model (self->classifier),
        set->heatmap);
    request->heat.place = cnx_frame_in_place (self->frame_in);
    cnx_pace_note (&self->pace);
    if (turn->waits)
      return classify_now (self, buffer, request, start);
  }
  cnx_flow_note_frame (self, fate, request->running_time, carried);
  if (carried)
    cnx_teller_add (&self->teller, carried, buffer);
  return tensor && fate == CNX_FATE_CLASSIFIED ? submit (self, buffer, request, unread) : GST_FLOW_OK;
}

/* Whether the sink of a live pipeline would get it too late, as it said of others, if it waited for its labels. */
static gboolean
would_be_late (CnxFlow * self, GstClockTime running_time)
{
  return cnx_qos_is_troubled (&self->qos)
      && cnx_qos_is_late (&self->qos, running_time, gst_element_get_current_running_time (self->element));
}

/* Whether the frame's turn has come: then it is to be classified. */
static CnxFate
turn_of (CnxFlow * self, const CnxPaceRule * rule, GstClockTime now, GstClockTime running_time, gboolean waits)
{
  if (!cnx_pace_due (&self->pace, rule, now))
    return cnx_pace_waits_for_rate (&self->pace, rule) ? CNX_FATE_RATE : CNX_FATE_INTERVAL;
  return waits && would_be_late (self, running_time) ? CNX_FATE_LATE : CNX_FATE_CLASSIFIED;
}

/* What is looked at otherwise, by a property or a tag, has nothing to do with what was seen before. */
static void
look (CnxFlow * self, const CnxSettings * set)
{
  const GstVideoOrientationMethod direction =
      set->video_direction == GST_VIDEO_ORIENTATION_AUTO ? self->tagged : set->video_direction;

  if (set->inference_region != self->classified)
    cnx_flow_forget (self);
  else if (direction != self->direction)
    cnx_flow_begin_anew (self);
  self->classified = set->inference_region;
  self->direction = direction;
}

CnxFlowTurn
cnx_flow_turn (CnxFlow * self, GstClockTime running_time, const CnxSettings * set)
{
  CnxFlowTurn turn = { {running_time, set->top_k, set->threshold, set->smoothing * GST_MSECOND, set->hysteresis,
      set->batch_timeout}
  };
  GstClockTime now = running_time;

  look (self, set);
  turn.waits = cnx_mode_choose (&self->choice, set->mode, self->element) != MODE_LATEST;
  if (!turn.waits && !GST_CLOCK_TIME_IS_VALID (now))
    now = gst_element_get_current_running_time (self->element);
  turn.fate = turn_of (self, &set->pace, now, running_time, turn.waits);
  return turn;
}

GstFlowReturn
cnx_flow_frame (CnxFlow * self, GstBuffer * buffer, GstClockTime running_time, const CnxSettings * set)
{
  CnxFlowTurn turn = cnx_flow_turn (self, running_time, set);
  const GstFlowReturn flow = classify (self, buffer, &turn, set);

  cnx_flow_tell_news (self);
  return flow;
}
