#include "pipelines/watch/http/views.h"

#include "core/json_text.h"
#include "core/time_text.h"

#define DIGITS 6

static void
add_key (GString * out, const char *key)
{
  if (out->str[out->len - 1] != '{')
    g_string_append (out, ", ");
  g_string_append_printf (out, "\"%s\": ", key);
}

void
cnx_view_add_text (GString * out, const char *key, const char *value)
{
  add_key (out, key);
  if (value)
    cnx_json_append_text (out, value);
  else
    g_string_append (out, "null");
}

void
cnx_view_add_number (GString * out, const char *key, double value)
{
  add_key (out, key);
  cnx_json_append_number (out, value, DIGITS);
}

static void
add_count (GString * out, const char *key, guint64 count)
{
  add_key (out, key);
  g_string_append_printf (out, "%" G_GUINT64_FORMAT, count);
}

static void
add_time (GString * out, const char *key, gint64 time)
{
  g_autofree char *text = time > 0 ? cnx_time_text (time, 3) : NULL;

  cnx_view_add_text (out, key, text);
}

static void
add_state (GString * out, const CnxBoardCamera * camera)
{
  cnx_view_add_text (out, "source", camera->source);
  cnx_view_add_text (out, "state", cnx_board_state_name (camera->state));
  add_time (out, "since", camera->since);
  cnx_view_add_text (out, "trouble", camera->trouble);
}

static void
add_labels (GString * out, const CnxBoardCamera * camera)
{
  add_key (out, "labels");
  g_string_append_c (out, '[');
  for (guint i = 0; i < camera->labels->len; i++) {
    const CnxBoardLabel *label = &g_array_index (camera->labels, CnxBoardLabel, i);
    g_string_append (out, i > 0 ? ", {" : "{");
    add_key (out, "id");
    g_string_append_printf (out, "%d", label->id);
    cnx_view_add_text (out, "label", label->label);
    cnx_view_add_number (out, "confidence", label->confidence);
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
add_picture (GString * out, const CnxBoardCamera * camera)
{
  add_time (out, "picture", camera->picture ? camera->picture_time : 0);
}

static void
add_counts (GString * out, const CnxBoardCamera * camera)
{
  add_count (out, "frames", camera->frames);
  add_count (out, "classified", camera->classified);
  add_count (out, "errors", camera->errors);
  add_count (out, "reconnects", camera->reconnects);
  cnx_view_add_number (out, "frame-rate", camera->frame_rate);
  cnx_view_add_number (out, "classify-rate", camera->classify_rate);
}

typedef void (*AddFunc) (GString * out, const CnxBoardCamera * camera);

static const AddFunc changes[CNX_BOARD_COUNTS + 1] = {
  [CNX_BOARD_STATE] = add_state,[CNX_BOARD_LABELS] = add_labels,
  [CNX_BOARD_PICTURE] = add_picture,[CNX_BOARD_COUNTS] = add_counts
};

void
cnx_view_append_change (GString * out, const CnxBoardCamera * camera, CnxBoardChange change)
{
  g_string_append_c (out, '{');
  cnx_view_add_text (out, "camera", camera->name);
  if (changes[change])
    changes[change] (out, camera);
  g_string_append_c (out, '}');
}

void
cnx_view_append_all (GString * out, const CnxBoard * board, const CnxViewFacts * facts)
{
  const GPtrArray *cameras = cnx_board_cameras (board);

  g_string_append_c (out, '{');
  cnx_view_add_text (out, "device", facts->device);
  cnx_view_add_text (out, "precision", facts->precision);
  cnx_view_add_text (out, "model", facts->model);
  add_key (out, "cameras");
  g_string_append_c (out, '[');
  for (guint i = 0; i < cameras->len; i++) {
    const CnxBoardCamera *camera = g_ptr_array_index (cameras, i);
    g_string_append (out, i > 0 ? ", {" : "{");
    cnx_view_add_text (out, "name", camera->name);
    for (guint j = 0; j < G_N_ELEMENTS (changes); j++)
      if (changes[j])
        changes[j] (out, camera);
    g_string_append_c (out, '}');
  }
  g_string_append (out, "]}");
}

void
cnx_view_append_event (GString * out, const CnxBoardCamera * camera, const CnxBoardEvent * event)
{
  g_string_append_c (out, '{');
  cnx_view_add_text (out, "camera", camera->name);
  add_count (out, "number", event->number);
  add_time (out, "time", event->time);
  cnx_view_add_text (out, "label", event->label);
  cnx_view_add_number (out, "confidence", event->confidence);
  cnx_view_add_text (out, "before", event->before);
  g_string_append_c (out, '}');
}

void
cnx_view_append_hour (GString * out, const CnxBoardCamera * camera, gint64 from)
{
  const char *separator = "";

  g_string_append_c (out, '{');
  cnx_view_add_text (out, "camera", camera->name);
  add_key (out, "events");
  g_string_append_c (out, '[');
  for (const GList * at = camera->events.head; at; at = at->next) {
    const CnxBoardEvent *event = at->data;
    if (event->time < from)
      continue;
    g_string_append (out, separator);
    cnx_view_append_event (out, camera, event);
    separator = ", ";
  }
  g_string_append (out, "]}");
}
