#include "gst-plugin/teller.h"

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

/* With the lock held, as long as which its strings live. */
static CnxMetaLabels
describe (CnxTeller * self, const CnxResult * result, CnxMetaLabel * items)
{
  return cnx_result_describe (result, self->stream, self->source, items);
}

void
cnx_teller_add (CnxTeller * self, const CnxResult * result, GstBuffer * buffer)
{
  g_autofree CnxMetaLabel *items = g_new (CnxMetaLabel, result->n + 1);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const CnxMetaLabels labels = describe (self, result, items);

  cnx_label_meta_add (buffer, &labels);
}

/* The structure for the bus; NULL where nobody wants it. */
static GstStructure *
structure_of (CnxTeller * self, const CnxResult * result)
{
  g_autofree CnxMetaLabel *items = g_new (CnxMetaLabel, result->n + 1);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const CnxMetaLabels labels = describe (self, result, items);

  return self->posts ? cnx_label_meta_to_structure (&labels) : NULL;
}

void
cnx_teller_post (CnxTeller * self, const CnxResult * result, GstElement * element)
{
  GstStructure *structure = structure_of (self, result);

  if (structure)
    gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), structure));
}
