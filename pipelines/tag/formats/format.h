/* The formats that `convnext tag` writes: one row of a table each, text out of classifications. */
#pragma once

#include "pipelines/tag/formats/segments.h"

G_BEGIN_DECLS

/**
 * CnxTagModel:
 * @name, @variant: what classified; @variant is NULL where it is none of the published ones
 * @classes: how many labels it knows
 * @width, @height: the network's input in pixels
 * @precision, @device: what it ran in, and on
 */
typedef struct
{
  const char *name, *variant;
  int classes, width, height;
  const char *precision, *device;
} CnxTagModel;

/**
 * CnxTagFacts:
 * @file: the input, as the user named it: the field `file`
 * @path: where it can be opened
 * @link: the path to it from the folder that the output goes to ("a.mp4", "../films/a.mp4"), or an absolute one; not
 *   encoded in any way. NULL: it lies beside the output, under the name that @path ends on
 * @is_picture: a picture has one classification, at time 0
 * @width, @height: pixels, as it is shown: turned upright
 * @fps_n, @fps_d: frames a second; 0/1 where that is variable or not known
 * @duration: seconds; below 0 where nobody knows
 * @container, @codec: in words ("Matroska", "H.264"); NULL where nobody knows
 * @model: what classified
 *
 * What is known of a file by the time of its first classification, and, with @duration, by its end.
 */
typedef struct
{
  const char *file, *path, *link;
  gboolean is_picture;
  int width, height;
  int fps_n, fps_d;
  double duration;
  const char *container, *codec;
  const CnxTagModel *model;
} CnxTagFacts;

/**
 * CnxTagSample:
 * @time: seconds from the file's start
 * @frame: counted from 0; below 0 where nobody knows
 * @n, @labels: best first; may be 0
 *
 * One classification.
 */
typedef struct
{
  double time;
  gint64 frame;
  guint n;
  const CnxMetaLabel *labels;
} CnxTagSample;

/**
 * CnxTagThumb:
 * @time: seconds from the file's start
 * @width, @height: pixels
 * @jpeg: the picture
 */
typedef struct
{
  double time;
  int width, height;
  GBytes *jpeg;
} CnxTagThumb;

/**
 * CnxTagReport:
 * @segments: CnxSegment, by start
 * @shares: CnxShare, the largest first
 * @thumbs: CnxTagThumb, by time; empty unless a format wants them
 * @samples: how many classifications there were
 * @complete: FALSE: it was broken off before the file's end
 * @existing: what the output's file holds already; NULL: there is none. For a format that merges.
 * @former: the keywords in it that a run before this one put there: those that are no labels any more go; ends with
 *   NULL, and may be NULL
 * @keywords: takes the keywords, char *, that are there now and that one of the runs put there; may be NULL
 *
 * What is known at a file's end.
 */
typedef struct
{
  const GArray *segments, *shares, *thumbs;
  guint64 samples;
  gboolean complete;
  GBytes *existing;
  char **former;
  GPtrArray *keywords;
} CnxTagReport;

/**
 * CnxTagFormat:
 * @name: as --format takes it
 * @extension: what the output's name gets behind the input's: ".labels.jsonl"
 * @drops_extension: the input's own extension is left out before it, as players find subtitles
 * @films_only: pictures get no such file
 * @merges: an output that somebody else wrote is added to, not refused; see CnxTagReport.existing
 * @wants_thumbs: it shows CnxTagReport.thumbs
 * @begin, @sample, @end: append to @out what comes before the first classification, for each one, and behind the last
 *   one; those that are NULL have nothing to say. Errors: CNX_ERROR_FORMAT, for what is there already and cannot be
 *   read.
 *
 * Pure functions: text out, nothing opened or kept. Thread-safe.
 */
typedef struct
{
  const char *name, *extension;
  gboolean drops_extension, films_only, merges, wants_thumbs;
  void (*begin) (GString * out, const CnxTagFacts * facts);
  void (*sample) (GString * out, const CnxTagFacts * facts, const CnxTagSample * sample);
  gboolean (*end) (GString * out, const CnxTagFacts * facts, const CnxTagReport * report, GError ** error);
} CnxTagFormat;

/** Each in a file of its own: format_lines.c, format_json.c, format_subtitles.c, format_xmp.c, format_html.c. */
extern const CnxTagFormat cnx_tag_jsonl, cnx_tag_csv, cnx_tag_json, cnx_tag_vtt, cnx_tag_srt, cnx_tag_xmp,
    cnx_tag_html;

/** All of them; NULL ends the list. */
const CnxTagFormat *const *cnx_tag_formats (void);

/** By name; NULL and CNX_ERROR_INPUT, which lists those that there are. */
const CnxTagFormat *cnx_tag_format_find (const char *name, GError ** error);

/** The name of @format's output for an input whose name (no folders in it) is @name. Free with g_free(). */
char *cnx_tag_format_output_name (const CnxTagFormat * format, const char *name);

G_END_DECLS
