#include "gst-plugin/teller.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/regions/describe.h"

static guint labels_signal;

/**
 * GstConvnext::labels:
 * @convnext: the element
 * @stream: the stream's id, or ""
 * @running_time: of the frame that was classified, in nanoseconds; G_MAXUINT64 where it is unknown
 * @found: what `post-messages` puts on the bus
 *
 * A new result. It is told from the streaming thread, once, before the first buffer that carries it is passed on; that
 * of a stream's last frame before the stream's end. So it may come later than the message on the bus, which does not
 * wait for a buffer. What a flush forgets is not told.
 *
 * The stream stands still while handlers run. They may set properties, seek and disconnect, but not change the state of
 * the element, which would wait for them.
 */
void
cnx_teller_install (GObjectClass * klass)
{
  labels_signal = g_signal_new ("labels", G_OBJECT_CLASS_TYPE (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_UINT64, GST_TYPE_STRUCTURE);
}

void
cnx_teller_init (CnxTeller * self)
{
  g_mutex_init (&self->lock);
}

void
cnx_teller_clear (CnxTeller * self)
{
  g_clear_pointer (&self->stream, g_free);
  g_clear_pointer (&self->source, g_free);
  g_mutex_clear (&self->lock);
}

static void
replace (char **text, const char *with)
{
  g_free (*text);
  *text = g_strdup (with);
}

void
cnx_teller_set_stream (CnxTeller * self, const char *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  replace (&self->stream, stream);
}

void
cnx_teller_set (CnxTeller * self, const char *source, gboolean posts)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  replace (&self->source, source);
  self->posts = posts;
}

static CnxMetaRegion *
describe_regions (const CnxResult * result)
{
  return result->parts ? cnx_regions_describe (result->parts) : NULL;
}

/* With the lock held, as long as which its strings live. @regions is what describe_regions() gave. */
static CnxMetaLabels
describe (CnxTeller * self, const CnxResult * result, CnxMetaLabel * items, const CnxMetaRegion * regions)
{
  CnxMetaLabels labels = cnx_result_describe (result, self->stream, self->source, items);

  labels.regions = regions;
  labels.n_regions = regions ? result->parts->len : 0;
  return labels;
}

void
cnx_teller_add (CnxTeller * self, const CnxResult * result, GstBuffer * buffer)
{
  g_autofree CnxMetaLabel *items = g_new (CnxMetaLabel, result->n + 1);
  g_autofree CnxMetaRegion *regions = describe_regions (result);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const CnxMetaLabels labels = describe (self, result, items, regions);

  cnx_label_meta_add (buffer, &labels);
}

static GstStructure *
structure_of (CnxTeller * self, const CnxResult * result)
{
  g_autofree CnxMetaLabel *items = g_new (CnxMetaLabel, result->n + 1);
  g_autofree CnxMetaRegion *regions = describe_regions (result);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const CnxMetaLabels labels = describe (self, result, items, regions);

  return cnx_label_meta_to_structure (&labels);
}

static gboolean
posts (CnxTeller * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->posts;
}

void
cnx_teller_post (CnxTeller * self, const CnxResult * result, GstElement * element)
{
  if (posts (self))
    gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element),
            structure_of (self, result)));
}

void
cnx_teller_emit (CnxTeller * self, const CnxResult * result, GstElement * element)
{
  if (!g_signal_has_handler_pending (element, labels_signal, 0, FALSE))
    return;
  g_autoptr (GstStructure) found = structure_of (self, result);
  g_signal_emit (element, labels_signal, 0, gst_structure_get_string (found, "stream"), result->running_time, found);
}
