/* What a film shows when: the classifications of a file, in the order of their times, joined to stretches of one label,
 * and the labels' shares of the whole. */
#pragma once

#include "gst-plugin/labels/labelmeta.h"

G_BEGIN_DECLS

/**
 * CnxSegment:
 * @id, @label: the class; @label lives as long as what was given to cnx_segments_add()
 * @start, @end: seconds; @end is where the next classification without the label was, or the file ends
 * @mean, @peak: confidence, from 0 to 1, over the classifications that have the label
 */
typedef struct
{
  int id;
  const char *label;
  double start, end;
  double mean, peak;
} CnxSegment;

/**
 * CnxShare:
 * @seconds: how long the label is shown, in all
 * @share: of the classified time, from 0 to 1; of a picture 1
 * @mean, @peak: confidence over all its classifications
 */
typedef struct
{
  int id;
  const char *label;
  double seconds, share;
  double mean, peak;
} CnxShare;

typedef struct _CnxSegments CnxSegments;

/** @gap: seconds for which a label may be missing within a segment, from the first classification without it to its
 * return; 0: it must be in every classification. @min_length: shorter segments are left out, in seconds; not those of a
 * picture, which have no length. One thread at a time. Free with cnx_segments_free(). */
CnxSegments *cnx_segments_new (double gap, double min_length);
void cnx_segments_free (CnxSegments * segments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxSegments, cnx_segments_free)

/** One classification, at @time seconds, not before the one added last: a time that is, or is none, is taken for that
 * one's. Labels are told apart by id; of an id that stands twice the first counts. Its strings must outlive
 * @segments. */
void cnx_segments_add (CnxSegments * segments, double time, guint n, const CnxMetaLabel * labels);

/** Nothing is added any more: what is open ends at @end seconds, or, if that is not after the last classification, one
 * usual distance after it: the mean one. With one classification there is none, and its segments have no length. */
void cnx_segments_finish (CnxSegments * segments, double end);

/** After cnx_segments_finish(): CnxSegment, by start, then by label. Owned by @segments. */
const GArray *cnx_segments_list (CnxSegments * segments);
/** After cnx_segments_finish(): CnxShare, the largest share first, then the largest mean, then by label; of the
 * segments in the list. Owned by @segments. */
const GArray *cnx_segments_shares (CnxSegments * segments);

G_END_DECLS
