#include "pipelines/tag/read/file_reader.h"

#include "core/error.h"
#include "pipelines/tag/read/classify.h"
#include "pipelines/tag/read/decoder.h"

struct _CnxFileReader
{
  const CnxReader *reader;
  CnxDecoder *decoder;
  CnxClassify *classify;        /* NULL until there is a frame */
};

/* A file that is being read. */
typedef struct
{
  CnxFileReader *self;
  CnxTagFacts *facts;
  const CnxListener *listener;
  GstVideoOrientationMethod direction;  /* of the frame */
  gboolean begun, ended;
} File;

CnxFileReader *
cnx_file_reader_new (const CnxReader * reader)
{
  CnxFileReader *self = g_new0 (CnxFileReader, 1);

  self->reader = reader;
  self->decoder = cnx_decoder_new (reader->keeper, reader->patience, reader->stop);
  return self;
}

void
cnx_file_reader_free (CnxFileReader * self)
{
  g_clear_pointer (&self->classify, cnx_classify_free);
  cnx_decoder_free (self->decoder);
  g_free (self);
}

static gboolean
is_stopped (const CnxFileReader * self)
{
  return g_atomic_int_get (self->reader->stop) != 0;
}

/* ---- kinds ---- */

gboolean
cnx_file_reader_kind (CnxFileReader * self, const char *path, CnxKind * kind, GError ** error)
{
  g_autoptr (GVariant) body = NULL;
  CnxWire what = CNX_WIRE_KIND;
  GError *failure = NULL;
  guint32 found = CNX_KIND_OTHER;

  *kind = CNX_KIND_UNKNOWN;
  do {
    g_clear_error (&failure);
    if (!cnx_decoder_ask (self->decoder, CNX_WIRE_KIND, g_variant_new ("(^ay)", path), error))
      return FALSE;
    body = cnx_decoder_hear (self->decoder, &what, &failure);
  } while (failure && cnx_decoder_may_try_again (self->decoder));
  if (failure) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  if (body && what == CNX_WIRE_KIND_IS)
    g_variant_get (body, "(u)", &found);
  if (body)
    *kind = found < CNX_KIND_UNKNOWN ? found : CNX_KIND_OTHER;
  return TRUE;
}

/* ---- what is heard of a file ---- */

static gboolean
on_labels (gpointer data, const CnxTagSample * sample, GstVideoFrame * frame, GError ** error)
{
  File *file = data;
  const CnxListener *listener = file->listener;

  if (!file->begun && !listener->begin (listener->data, file->facts, error))
    return FALSE;
  file->begun = TRUE;
  return listener->sample (listener->data, sample, frame, file->direction, error);
}

static gboolean
classify (File * file, GstBuffer * frame, const CnxFrameNote * note, GError ** error)
{
  CnxFileReader *self = file->self;
  CnxTagSample sample = {.time = note->time,.frame = note->number };
  GstCaps *caps = cnx_frames_in_caps (cnx_decoder_frames (self->decoder));

  file->direction = note->direction;
  if (!self->classify && !(self->classify = cnx_classify_new (self->reader, error))) {
    gst_buffer_unref (frame);
    return FALSE;
  }
  if (cnx_classify_frame (self->classify, caps, frame, note->direction, &sample, on_labels, file, error))
    return TRUE;
  g_clear_pointer (&self->classify, cnx_classify_free);
  return FALSE;
}

static gboolean
take_frame (File * file, GVariant * body, GError ** error)
{
  CnxDecoder *decoder = file->self->decoder;
  CnxFrameNote note;
  guint slot;
  GstBuffer *frame = cnx_frames_in_take (cnx_decoder_frames (decoder), body, &note, &slot);

  if (!frame) {
    g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: its decoder gives a frame that is "
        "none");
    return FALSE;
  }
  if (!classify (file, frame, &note, error))
    return FALSE;
  return cnx_decoder_release (decoder, slot, error);
}

static gboolean
take_facts (File * file, GVariant * body, GError ** error)
{
  g_autofree char *container = NULL, *codec = NULL;
  CnxTagFacts *facts = file->facts;

  g_variant_get (body, "(iiiidmsms)", &facts->width, &facts->height, &facts->fps_n, &facts->fps_d, &facts->duration,
      &container, &codec);
  facts->container = g_intern_string (container);
  facts->codec = g_intern_string (codec);
  return TRUE;
}

static gboolean
take_progress (File * file, GVariant * body, GError ** error)
{
  const CnxListener *listener = file->listener;
  double seconds;
  guint64 frames;

  g_variant_get (body, "(dt)", &seconds, &frames);
  if (listener->progress)
    listener->progress (listener->data, seconds, frames);
  return TRUE;
}

static gboolean
take_warning (File * file, GVariant * body, GError ** error)
{
  const CnxListener *listener = file->listener;
  const char *text;

  g_variant_get (body, "(&s)", &text);
  if (listener->warn)
    listener->warn (listener->data, text);
  return TRUE;
}

static gboolean
take_end (File * file, GVariant * body, GError ** error)
{
  file->ended = TRUE;
  return TRUE;
}

/* ---- a file ---- */

static GVariant *
describe (const CnxReader * reader, const CnxTagFacts * facts)
{
  const CnxSampling *sampling = &reader->sampling;
  const CnxRecipe *recipe = cnx_model_recipe (cnx_engine_model (reader->engine));
  const int shorter = MAX (recipe->resize, MAX (recipe->width, recipe->height));

  if (facts->is_picture)
    return g_variant_new ("(^ayi)", facts->path, shorter);
  return g_variant_new ("(^aydubddu)", facts->path, sampling->rate, sampling->every, sampling->keyframes,
      sampling->start, sampling->end, reader->decoder_threads);
}

/* To the file's end; FALSE without an error where it was told to stop. */
static gboolean
read_once (File * file, GError ** error)
{
  static gboolean (*const takes[CNX_WIRES]) (File *, GVariant *, GError **) = {
    [CNX_WIRE_FACTS] = take_facts,[CNX_WIRE_FRAME] = take_frame,[CNX_WIRE_PROGRESS] = take_progress,
    [CNX_WIRE_WARNING] = take_warning,[CNX_WIRE_END] = take_end
  };
  CnxFileReader *self = file->self;
  CnxWire what = file->facts->is_picture ? CNX_WIRE_PICTURE : CNX_WIRE_FILM;

  if (!cnx_decoder_ask (self->decoder, what, describe (self->reader, file->facts), error))
    return FALSE;
  while (!file->ended) {
    g_autoptr (GVariant) body = cnx_decoder_hear (self->decoder, &what, error);
    if (!body)
      return FALSE;
    if (what != CNX_WIRE_END && is_stopped (self)) {
      cnx_decoder_break_off (self->decoder);
      return FALSE;
    }
    if (takes[what] && !takes[what] (file, body, error)) {
      cnx_decoder_break_off (self->decoder);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
cnx_file_reader_read (CnxFileReader * self, CnxTagFacts * facts, const CnxListener * listener, gboolean * complete,
    GError ** error)
{
  File file = { self, facts, listener, GST_VIDEO_ORIENTATION_IDENTITY, FALSE, FALSE };
  GError *failure = NULL;

  do {
    g_clear_error (&failure);
    *complete = read_once (&file, &failure);
  } while (failure && !file.begun && cnx_decoder_may_try_again (self->decoder));
  if (failure) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  if (!file.begun)
    facts->width = 0;
  return TRUE;
}
