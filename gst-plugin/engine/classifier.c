#include "gst-plugin/engine/classifier.h"
#include "core/error.h"

/* A frame that the worker is to read; all NULL: none. */
typedef struct
{
  CnxFrameIn *frame_in;
  GstBuffer *buffer;
  GstVideoInfo info;
} Unread;

/* What is in the slot. */
typedef enum
{
  SLOT_FREE,
  SLOT_CLAIMED,                 /* being filled, or run by the thread that claimed it */
  SLOT_SUBMITTED,               /* the worker's, until its pass is done */
} SlotState;

struct _CnxClassifier
{
  gatomicrefcount refs;
  CnxEngine *engine;
  CnxForwardFunc forward;
  gpointer forward_data;
  CnxFinishedFunc finished_func;        /* or NULL */
  gpointer finished_data;

  gboolean takes_frames;

  /* Written by whoever owns the slot. */
  float *tensor;
  CnxFramePlan *plan;           /* of what is in `tensor` instead, or NULL */
  float *logits;
  Unread unread;
  guint room;                   /* tensors in `tensor`, and answers in `logits` */
  CnxClassifyRequest request;   /* with a reference of its parts */
  CnxSteady steady;
  CnxHeater heater;

  GMutex lock;                  /* guards what follows */
  GCond changed;
  SlotState slot;
  GThread *worker;
  gboolean stopping;
  gboolean forgotten;           /* reset while the worker was in a pass: its result is dropped */
  gboolean anew;                /* `steady` is to forget, by who next owns the slot */
  CnxResult *finished;
  GError *failure;
};

gboolean
cnx_classifier_takes_frames (CnxClassifier * self)
{
  return self->takes_frames;
}

gboolean
cnx_classifier_set_takes_frames (CnxClassifier * self, gboolean takes, GError ** error)
{
  const gboolean can = !takes || cnx_network_take_frames (cnx_engine_network (self->engine), error);

  self->takes_frames = takes && can;
  return can;
}

/* A CPU has the frame already. A device that cannot build these kernels still takes tensors. */
static void
take_frames_by_itself (CnxClassifier * self)
{
  const CnxDeviceInfo *device = cnx_device_info (cnx_engine_device (self->engine));
  g_autoptr (GError) error = NULL;

  if (!device->is_cpu && !cnx_classifier_set_takes_frames (self, TRUE, &error))
    g_debug ("frames are resized on the CPU: %s", error->message);
}

CnxClassifier *
cnx_classifier_new (CnxEngine * engine, GError ** error)
{
  g_autoptr (CnxClassifier) self = g_new0 (CnxClassifier, 1);
  const CnxRecipe *recipe = cnx_model_recipe (cnx_engine_model (engine));

  g_atomic_ref_count_init (&self->refs);
  self->engine = cnx_engine_ref (engine);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  if (!(self->tensor = cnx_try_new ((gsize) recipe->height * recipe->width, 3 * sizeof (float), "a frame's tensor",
              error))
      || !(self->logits = cnx_try_new (cnx_network_classes (cnx_engine_network (engine)), sizeof (float),
              "an answer", error)))
    return NULL;
  self->room = 1;
  cnx_classifier_set_forward (self, NULL, NULL);
  take_frames_by_itself (self);
  return g_steal_pointer (&self);
}

CnxClassifier *
cnx_classifier_ref (CnxClassifier * self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
cnx_classifier_unref (CnxClassifier * self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  cnx_classifier_stop (self);
  cnx_engine_unref (self->engine);
  cnx_frame_plan_unref (self->plan);
  g_clear_pointer (&self->request.parts, g_ptr_array_unref);
  g_free (self->tensor);
  g_free (self->logits);
  cnx_steady_clear (&self->steady);
  cnx_heater_clear (&self->heater);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

CnxEngine *
cnx_classifier_engine (CnxClassifier * self)
{
  return self->engine;
}

CnxModel *
cnx_classifier_model (CnxClassifier * self)
{
  return cnx_engine_model (self->engine);
}

gboolean
cnx_classifier_forward (gpointer user_data, const float *in, float *logits, GError ** error)
{
  CnxClassifier *self = user_data;
  CnxNetworkInput picture = {.data = in,.plan = self->plan };

  return cnx_heater_room (&self->heater, cnx_engine_network (self->engine), &self->request.heat, &picture.last, error)
      && cnx_engine_forward (self->engine, &picture, self->request.batch_timeout, logits, error);
}

void
cnx_classifier_set_forward (CnxClassifier * self, CnxForwardFunc forward, gpointer user_data)
{
  self->forward = forward ? forward : cnx_classifier_forward;
  self->forward_data = forward ? user_data : self;
}

float *
cnx_classifier_claim (CnxClassifier * self, gboolean wait)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (wait && self->slot != SLOT_FREE)
    g_cond_wait (&self->changed, &self->lock);
  if (self->slot != SLOT_FREE)
    return NULL;
  self->slot = SLOT_CLAIMED;
  g_clear_pointer (&self->plan, cnx_frame_plan_unref);
  return self->tensor;
}

float *
cnx_classifier_widen (CnxClassifier * self, guint n, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (cnx_classifier_model (self));

  if (n <= self->room)
    return self->tensor;
  g_autofree float *tensors = cnx_try_new ((gsize) n * recipe->height * recipe->width, 3 * sizeof (float),
      "the tensors of a frame's regions", error);
  float *logits = tensors ? cnx_try_new ((gsize) n * cnx_network_classes (cnx_engine_network (self->engine)),
      sizeof (float), "the answers for a frame's regions", error) : NULL;
  if (!logits)
    return NULL;
  g_free (self->tensor);
  g_free (self->logits);
  self->tensor = g_steal_pointer (&tensors);
  self->logits = logits;
  self->room = n;
  return self->tensor;
}

static gboolean
fill (CnxClassifier * self, CnxFrameIn * frame_in, const GstVideoFrame * frame, float *slot, gboolean here,
    GError ** error)
{
  CnxFramePlan *plan = NULL;

  if (here || !self->takes_frames)
    return cnx_frame_in_run (frame_in, frame, slot, error);
  if (!cnx_frame_in_pack (frame_in, frame, slot, &plan, error))
    return FALSE;
  if (plan)
    cnx_classifier_set_plan (self, plan);
  return TRUE;
}

gboolean
cnx_classifier_read (CnxClassifier * self, CnxFrameIn * frame_in, const GstVideoInfo * info, GstBuffer * buffer,
    float *slot, gboolean here, GError ** error)
{
  GstVideoFrame frame;

  if (!cnx_frame_in_map (&frame, info, buffer, error))
    return FALSE;
  const gboolean good = fill (self, frame_in, &frame, slot, here, error);
  gst_video_frame_unmap (&frame);
  return good;
}

static void
forget_unread (Unread * unread)
{
  g_clear_pointer (&unread->frame_in, cnx_frame_in_unref);
  gst_clear_buffer (&unread->buffer);
}

/* What was submitted unread, to the slot. */
static gboolean
read_submitted (CnxClassifier * self, GError ** error)
{
  g_autoptr (GError) why = NULL;
  Unread *unread = &self->unread;
  const gboolean good = cnx_classifier_read (self, unread->frame_in, &unread->info, unread->buffer, self->tensor, FALSE,
      &why);

  if (good)
    self->request.heat.place = cnx_frame_in_place (unread->frame_in);
  else
    g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, why->message);
  forget_unread (unread);
  return good;
}

void
cnx_classifier_set_plan (CnxClassifier * self, CnxFramePlan * plan)
{
  g_clear_pointer (&self->plan, cnx_frame_plan_unref);
  self->plan = cnx_frame_plan_ref (plan);
}

CnxFramePlan *
cnx_classifier_plan (CnxClassifier * self)
{
  return self->plan;
}

void
cnx_classifier_release (CnxClassifier * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->slot = SLOT_FREE;
  g_cond_broadcast (&self->changed);
}

gboolean
cnx_classifier_try (CnxClassifier * self, guint batch_timeout)
{
  if (!cnx_classifier_claim (self, FALSE))
    return FALSE;
  self->request.batch_timeout = batch_timeout;
  const gboolean good = self->forward (self->forward_data, self->tensor, self->logits, NULL);
  cnx_classifier_release (self);
  return good;
}

/* What `logits` say, in room for @k labels; they are confidences then, where labels are steadied. */
static gboolean
find_labels (CnxClassifier * self, int classes, guint k, CnxResult * result, GError ** error)
{
  CnxModel *model = cnx_classifier_model (self);
  const CnxConfidence kind = cnx_model_confidence (model);
  const CnxClassifyRequest *request = &self->request;
  const double threshold = cnx_model_threshold (model, request->threshold, CNX_USUAL_THRESHOLD);

  if (request->smoothing == 0 && !(request->hysteresis > 0)) {
    cnx_steady_reset (&self->steady);
    result->n = cnx_labels_top_k (kind, self->logits, classes, k, threshold, result->labels);
    return TRUE;
  }
  if (!cnx_labels_confidences (kind, self->logits, classes))
    return TRUE;
  if (!cnx_steady_smooth (&self->steady, self->logits, classes, request->running_time, request->smoothing, error))
    return FALSE;
  result->n = cnx_steady_top_k (&self->steady, self->logits, classes, k, threshold, request->hysteresis,
      result->labels);
  return TRUE;
}

static gboolean
find_heat (CnxClassifier * self, CnxResult * result, GError ** error)
{
  return result->n == 0 || cnx_heater_make (&self->heater, cnx_engine_network (self->engine), &self->request.heat,
      result->labels[0].id, &result->heat, error);
}

static guint
count_open (const GPtrArray * parts)
{
  guint n = 0;

  for (guint i = 0; i < parts->len; i++)
    n += ((const CnxPart *) g_ptr_array_index (parts, i))->labels == NULL;
  return n;
}

/* All of them together, or one by one where something stands in for the network. */
static gboolean
forward_several (CnxClassifier * self, guint n, int classes, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (cnx_classifier_model (self));
  const gsize floats = (gsize) recipe->height * recipe->width * 3;
  g_autofree CnxNetworkInput *pictures = g_new0 (CnxNetworkInput, n);

  for (guint i = 0; i < n; i++)
    pictures[i].data = self->tensor + i * floats;
  if (self->forward == cnx_classifier_forward)
    return cnx_engine_forward_several (self->engine, pictures, n, self->request.batch_timeout, self->logits,
        error);
  for (guint i = 0; i < n; i++)
    if (!self->forward (self->forward_data, pictures[i].data, self->logits + (gsize) i * classes, error))
      return FALSE;
  return TRUE;
}

/* A frame's regions: those without labels get them. */
static CnxResult *
classify_parts (CnxClassifier * self, int classes, GError ** error)
{
  CnxModel *model = cnx_classifier_model (self);
  const CnxClassifyRequest *request = &self->request;
  const guint k = MIN (request->top_k, (guint) classes);
  const double threshold = cnx_model_threshold (model, request->threshold, CNX_USUAL_THRESHOLD);
  const float *logits = self->logits;

  if (!forward_several (self, count_open (request->parts), classes, error))
    return NULL;
  for (guint i = 0; i < request->parts->len; i++) {
    CnxPart *part = g_ptr_array_index (request->parts, i);
    if (part->labels)
      continue;
    part->labels = cnx_result_new (model, k, request->running_time);
    part->labels->n = cnx_labels_top_k (cnx_model_confidence (model), logits, classes, k, threshold,
        part->labels->labels);
    logits += classes;
  }
  return cnx_result_new_of (model, g_ptr_array_ref (request->parts), request->width, request->height,
      request->running_time);
}

/* What the slot holds. */
static CnxResult *
classify_slot (CnxClassifier * self, GError ** error)
{
  int classes = cnx_network_classes (cnx_engine_network (self->engine));
  guint k = MIN (self->request.top_k, (guint) classes);

  if (self->request.parts)
    return classify_parts (self, classes, error);
  cnx_heater_begin (&self->heater);
  if (!self->forward (self->forward_data, self->tensor, self->logits, error))
    return NULL;
  g_autoptr (CnxResult) result = cnx_result_new (cnx_classifier_model (self), k, self->request.running_time);
  return find_labels (self, classes, k, result, error) && find_heat (self, result, error) ?
      g_steal_pointer (&result) : NULL;
}

/* The pass itself, by the slot's owner, without the lock. */
static CnxResult *
classify (CnxClassifier * self, GError ** error)
{
  const gint64 start = g_get_monotonic_time ();
  CnxResult *result = classify_slot (self, error);

  if (result)
    result->pass = MAX (result->made - start, 1) * 1000;
  return result;
}

/* By who has claimed the slot, with the lock held. */
static void
set_request (CnxClassifier * self, const CnxClassifyRequest * request)
{
  g_clear_pointer (&self->request.parts, g_ptr_array_unref);
  self->request = *request;
  if (request->parts)
    g_ptr_array_ref (request->parts);
  if (self->anew)
    cnx_steady_reset (&self->steady);
  self->anew = FALSE;
}

static CnxResult *
classify_submitted (CnxClassifier * self, GError ** error)
{
  const gint64 start = g_get_monotonic_time ();
  const gboolean unread = self->unread.buffer != NULL;

  if (unread && !read_submitted (self, error))
    return NULL;
  const gint64 reading = g_get_monotonic_time () - start;
  CnxResult *result = classify (self, error);
  if (result && unread)
    result->reading = MAX (reading, 1) * 1000;
  return result;
}

CnxResult *
cnx_classifier_run (CnxClassifier * self, const CnxClassifyRequest * request, GError ** error)
{
  CnxResult *result;

  g_mutex_lock (&self->lock);
  set_request (self, request);
  g_clear_pointer (&self->finished, cnx_result_unref);
  g_mutex_unlock (&self->lock);
  result = classify (self, error);
  cnx_classifier_release (self);
  return result;
}

/* With the lock held, which it lets go of meanwhile. Told first: who takes a failure stops, and is not to say so before
 * it is said why. */
static void
finish (CnxClassifier * self, CnxResult * result, const GError * failure)
{
  if (self->finished_func && !self->stopping && (failure || !self->forgotten)) {
    g_mutex_unlock (&self->lock);
    self->finished_func (self->finished_data, result, failure);
    g_mutex_lock (&self->lock);
  }
  if (failure) {
    g_clear_error (&self->failure);
    self->failure = g_error_copy (failure);
  } else if (!self->forgotten) {
    g_clear_pointer (&self->finished, cnx_result_unref);
    self->finished = cnx_result_ref (result);
  }
}

static gpointer
work (gpointer user_data)
{
  CnxClassifier *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (;;) {
    g_autoptr (CnxResult) result = NULL;
    g_autoptr (GError) failure = NULL;

    while (!self->stopping && self->slot != SLOT_SUBMITTED)
      g_cond_wait (&self->changed, &self->lock);
    if (self->stopping)
      return NULL;

    g_mutex_unlock (&self->lock);
    result = classify_submitted (self, &failure);
    g_mutex_lock (&self->lock);

    finish (self, result, failure);
    self->forgotten = FALSE;
    self->slot = SLOT_FREE;
    g_cond_broadcast (&self->changed);
  }
}

gboolean
cnx_classifier_submit (CnxClassifier * self, const CnxClassifyRequest * request, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->worker)
    self->worker = g_thread_try_new ("convnext", work, self, error);
  if (!self->worker) {
    self->slot = SLOT_FREE;
    return FALSE;
  }
  set_request (self, request);
  self->slot = SLOT_SUBMITTED;
  g_cond_broadcast (&self->changed);
  return TRUE;
}

gboolean
cnx_classifier_submit_frame (CnxClassifier * self, const CnxClassifyRequest * request, CnxFrameIn * frame_in,
    const GstVideoInfo * info, GstBuffer * buffer, GError ** error)
{
  self->unread = (Unread) { cnx_frame_in_ref (frame_in), gst_buffer_ref (buffer), *info };
  if (cnx_classifier_submit (self, request, error))
    return TRUE;
  forget_unread (&self->unread);
  return FALSE;
}

CnxResult *
cnx_classifier_take (CnxClassifier * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->failure && error)
    g_propagate_error (error, g_steal_pointer (&self->failure));
  return g_steal_pointer (&self->finished);
}

void
cnx_classifier_set_finished (CnxClassifier * self, CnxFinishedFunc finished, gpointer user_data)
{
  self->finished_func = finished;
  self->finished_data = user_data;
}

gboolean
cnx_classifier_drain (CnxClassifier * self, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->slot == SLOT_SUBMITTED && !self->forgotten)
    if (!g_cond_wait_until (&self->changed, &self->lock, end))
      return FALSE;
  return TRUE;
}

void
cnx_classifier_reset (CnxClassifier * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_pointer (&self->finished, cnx_result_unref);
  self->forgotten = self->slot == SLOT_SUBMITTED;
  self->anew = TRUE;
  g_cond_broadcast (&self->changed);
}

void
cnx_classifier_begin_anew (CnxClassifier * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->anew = TRUE;
}

void
cnx_classifier_retire (CnxClassifier * self)
{
  cnx_classifier_reset (self);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  self->stopping = TRUE;
  g_cond_broadcast (&self->changed);
}

void
cnx_classifier_stop (CnxClassifier * self)
{
  GThread *worker;

  cnx_classifier_retire (self);
  g_mutex_lock (&self->lock);
  worker = g_steal_pointer (&self->worker);
  g_mutex_unlock (&self->lock);
  if (worker)
    g_thread_join (worker);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  while (self->slot == SLOT_CLAIMED)    /* by who tries a pass */
    g_cond_wait (&self->changed, &self->lock);
  g_clear_error (&self->failure);
  forget_unread (&self->unread);
  self->stopping = FALSE;
  self->forgotten = FALSE;
  self->slot = SLOT_FREE;
}
