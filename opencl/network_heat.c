/* Class activation maps of what a pass gave. They are made here and not on the device: which class is asked for is
 * known when the pass is over, when the next one may have begun, and they are less work than a kernel's start. */
#include "core/error.h"
#include "core/heat/heat.h"
#include "opencl/network_private.h"

void
cnx_network_heat_init (CnxNetwork * net)
{
  g_mutex_init (&net->heat_lock);
  net->directions = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

void
cnx_network_heat_clear (CnxNetwork * net)
{
  g_hash_table_unref (net->directions);
  g_mutex_clear (&net->heat_lock);
}

gsize
cnx_network_last_floats (CnxNetwork * net)
{
  return (gsize) cnx_heat_places (net->height, net->width) * net->arch.dims[CNX_STAGES - 1];
}

void
cnx_network_heat_size (CnxNetwork * net, int *width, int *height)
{
  *width = net->width / CNX_INPUT_MULTIPLE;
  *height = net->height / CNX_INPUT_MULTIPLE;
}

/* The weights are the device's alone: their file may have gone. NULL where it fails. Free with g_free(). */
static float *
read_direction (CnxNetwork * net, int id, GError ** error)
{
  const int channels = net->arch.dims[CNX_STAGES - 1];
  g_autofree float *direction = g_new (float, channels);
  g_autofree float *weight = g_new (float, channels), *norm_weight = g_new (float, channels);

  g_mutex_lock (&net->lock);
  cnx_ops_select (net->ops, net->stages[CNX_STAGES - 1].variant);
  cnx_ops_read_weights (net->ops, &net->classifier, id, weight);
  cnx_ops_read_rows (net->ops, net->final_norm_weight, norm_weight, 1, channels);
  const gboolean read = cnx_ops_finish (net->ops, error);
  g_mutex_unlock (&net->lock);
  if (!read)
    return NULL;
  cnx_heat_direction (&net->arch, weight, norm_weight, direction);
  return g_steal_pointer (&direction);
}

/* Owned by @net, and there until its end. */
static const float *
find_direction (CnxNetwork * net, int id, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&net->heat_lock);
  float *direction = g_hash_table_lookup (net->directions, GINT_TO_POINTER (id));

  if (!direction && (direction = read_direction (net, id, error)))
    g_hash_table_insert (net->directions, GINT_TO_POINTER (id), direction);
  return direction;
}

gboolean
cnx_network_heat (CnxNetwork * net, const float *last, int id, float *map, GError ** error)
{
  if (!cnx_heat_check (&net->arch, error))
    return FALSE;
  if (net->gives_features) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "This network gives no heat map: it was opened for features");
    return FALSE;
  }
  const float *direction = find_direction (net, id, error);
  if (!direction)
    return FALSE;
  cnx_heat_map (&net->arch, net->final_norm_eps, last, cnx_heat_places (net->height, net->width), direction, map);
  return TRUE;
}
