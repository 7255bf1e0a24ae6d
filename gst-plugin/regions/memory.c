#include "gst-plugin/regions/memory.h"

#define MOST_KNOWN 4096         /* ids come and go for as long as a stream runs */
#define SAME 0.5                /* overlap of what is taken for the same thing */

typedef struct
{
  GQuark kind;
  guint64 frame;                /* that it was classified on */
  CnxResult *labels;
} Known;

static void
free_known (gpointer data)
{
  cnx_result_unref (((Known *) data)->labels);
  g_free (data);
}

void
cnx_region_memory_forget (CnxRegionMemory * self)
{
  g_clear_pointer (&self->known, g_hash_table_unref);
  self->since = self->frame + 1;
}

void
cnx_region_memory_next (CnxRegionMemory * self, guint asked)
{
  if (asked != self->asked)
    cnx_region_memory_forget (self);
  self->asked = asked;
  self->frame++;
}

static const Known *
look_up (CnxRegionMemory * self, const CnxRegion * region)
{
  const Known *known = self->known && region->id != CNX_REGION_NO_ID ?
      g_hash_table_lookup (self->known, &region->id) : NULL;

  return known && known->kind == region->kind ? known : NULL;
}

void
cnx_region_memory_plan (CnxRegionMemory * self, const CnxRegion * region, guint interval, GPtrArray * parts)
{
  const Known *known = look_up (self, region);

  if (known && (interval == 0 || self->frame - known->frame < interval))
    cnx_parts_add (parts, region, known->frame, known->labels);
  else
    cnx_parts_add (parts, region, self->frame, NULL);
}

void
cnx_region_memory_note (CnxRegionMemory * self, const GPtrArray * parts)
{
  if (!self->known)
    self->known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_known);
  for (guint i = 0; i < parts->len; i++) {
    const CnxPart *part = g_ptr_array_index (parts, i);
    const CnxRegion *region = &part->region;
    if (region->id == CNX_REGION_NO_ID || part->frame < self->since)
      continue;
    if (g_hash_table_size (self->known) >= MOST_KNOWN)
      g_hash_table_remove_all (self->known);
    Known *known = g_new (Known, 1);
    *known = (Known) { region->kind, part->frame, cnx_result_ref (part->labels) };
    g_hash_table_insert (self->known, g_memdup2 (&region->id, sizeof region->id), known);
  }
}

CnxResult *
cnx_region_memory_find (CnxRegionMemory * self, const GPtrArray * newest, const CnxRegion * region)
{
  const Known *known = look_up (self, region);
  CnxResult *nearest = NULL;
  double most = SAME;

  if (known)
    return known->labels;
  for (guint i = 0; i < newest->len; i++) {
    const CnxPart *part = g_ptr_array_index (newest, i);
    const double overlap = part->region.kind == region->kind ?
        cnx_regions_overlap (&part->region.box, &region->box) : 0;
    if (overlap > most || (overlap == SAME && !nearest)) {
      most = overlap;
      nearest = part->labels;
    }
  }
  return nearest;
}
