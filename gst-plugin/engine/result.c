#include "gst-plugin/engine/result.h"

CnxResult *
cnx_result_ref (CnxResult * result)
{
  return g_atomic_rc_box_acquire (result);
}

static void
clear_result (gpointer data)
{
  CnxResult *result = data;

  g_clear_pointer (&result->heat, cnx_meta_heat_unref);
  g_clear_pointer (&result->parts, g_ptr_array_unref);
  cnx_model_unref (result->model);
}

void
cnx_result_unref (CnxResult * result)
{
  g_atomic_rc_box_release_full (result, clear_result);
}

static void
free_part (gpointer data)
{
  CnxPart *part = data;

  g_clear_pointer (&part->labels, cnx_result_unref);
  g_free (part);
}

GPtrArray *
cnx_parts_new (void)
{
  return g_ptr_array_new_with_free_func (free_part);
}

void
cnx_parts_add (GPtrArray * parts, const CnxRegion * region, guint64 frame, CnxResult * labels)
{
  CnxPart *part = g_new (CnxPart, 1);

  *part = (CnxPart) { *region, frame, labels ? cnx_result_ref (labels) : NULL };
  g_ptr_array_add (parts, part);
}

CnxResult *
cnx_result_new (CnxModel * model, guint room, guint64 running_time)
{
  CnxResult *result = g_atomic_rc_box_alloc0 (sizeof (CnxResult) + room * sizeof (CnxLabel));

  result->model = cnx_model_ref (model);
  result->running_time = running_time;
  result->made = g_get_monotonic_time ();
  return result;
}

CnxResult *
cnx_result_new_of (CnxModel * model, GPtrArray * parts, int width, int height, guint64 running_time)
{
  CnxResult *result = cnx_result_new (model, 0, running_time);

  result->parts = parts;
  result->width = width;
  result->height = height;
  return result;
}

CnxMetaLabels
cnx_result_describe (const CnxResult * result, const char *stream, const char *source, CnxMetaLabel * items)
{
  for (guint i = 0; i < result->n; i++)
    items[i] = (CnxMetaLabel) { result->labels[i].id, cnx_model_label (result->model, result->labels[i].id),
      result->labels[i].confidence
    };
  return (CnxMetaLabels) {
    .model = cnx_model_name (result->model),.stream = stream,.running_time = result->running_time,.n = result->n,
    .labels = items,.source = source,.pass = result->pass,.heat = result->heat,.width = result->width,
    .height = result->height
  };
}
