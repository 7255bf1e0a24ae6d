/* What regions were found to be before: those that are tracked, by what they are tracked by; others by their places. */
#pragma once

#include "gst-plugin/engine/result.h"

G_BEGIN_DECLS

/**
 * CnxRegionMemory:
 * @known: by id; NULL until there is one
 * @frame: how many frames there were, with the one that is here
 * @since: that frame from which on what is found counts
 * @asked: what is asked of them, as a number
 *
 * Of one stream. All zero is nothing known. For one thread.
 */
typedef struct
{
  GHashTable *known;
  guint64 frame, since;
  guint asked;
} CnxRegionMemory;

/** The next frame is here, and asks for @asked: what was found for another question is forgotten. */
void cnx_region_memory_next (CnxRegionMemory * memory, guint asked);

/** Adds @region to @parts: with the labels that it has where it is tracked and was classified less than @interval
 * frames ago, or ever, with 0; else without. */
void cnx_region_memory_plan (CnxRegionMemory * memory, const CnxRegion * region, guint interval, GPtrArray * parts);

/** Keeps in mind what @parts were found to be. */
void cnx_region_memory_note (CnxRegionMemory * memory, const GPtrArray * parts);

/** The newest labels of @region, of this frame: those of the same id and kind, else of the one of @newest, of the same
 * kind, that it overlaps most, by a half at least. Owned by @memory or @newest; NULL: there are none. */
CnxResult *cnx_region_memory_find (CnxRegionMemory * memory, const GPtrArray * newest, const CnxRegion * region);

/** Nothing is known any more, nor will be of a frame before the next. */
void cnx_region_memory_forget (CnxRegionMemory * memory);

G_END_DECLS
