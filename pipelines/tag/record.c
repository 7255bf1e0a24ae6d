#include "pipelines/tag/record.h"

#include <string.h>

#include "core/error.h"
#include "pipelines/tag/place.h"
#include "pipelines/tag/read/snapshot.h"
#include "pipelines/tag/formats/thumb.h"

/* So much text of an output is kept before it is written. */
#define FLUSH_BYTES (64 * 1024)
#define MOST_THUMBS 48
/* No sidecar is as large. */
#define MOST_EXISTING (16 * 1024 * 1024)

/* An output: text that waits, and where the rest of it is. */
typedef struct
{
  const CnxTagFormat *format;
  char *name;
  CnxPlace *place;
  GString *text;
  GChecksum *checksum;
  GPtrArray *keywords;          /* in what it is merged into, of this run or one before */
  gboolean unchanged;           /* what is there already is what it would be */
  gboolean is_empty;            /* there is nothing to say, and nothing is there */
} Output;

struct _CnxRecord
{
  const CnxRecordOptions *options;
  const CnxInput *input;
  CnxJournal *journal;
  CnxOrdered *ordered;
  guint place;
  GPtrArray *outputs;           /* Output */
  CnxSegments *segments;
  CnxTagThumbs *thumbs;         /* NULL where no format wants them */
  guint64 samples;
  CnxTagFacts facts;            /* as they were when the first classification came */
};

static void
output_free (gpointer data)
{
  Output *output = data;

  g_clear_pointer (&output->place, cnx_place_free);
  g_free (output->name);
  g_string_free (output->text, TRUE);
  g_checksum_free (output->checksum);
  g_ptr_array_unref (output->keywords);
  g_free (output);
}

/* ---- names ---- */

/* Subtitles lie where players find them, and so may somebody else's, or another film's of the same name: then ours are
 * those in no language at all, or of the whole name. NULL where all are taken. */
static char *
claim_subtitles (CnxJournal * journal, const CnxTagFormat * format, const CnxInput * input)
{
  g_autofree char *name = cnx_tag_format_output_name (format, input->name);
  g_autofree char *stem = g_strndup (name, strlen (name) - strlen (format->extension));
  char *const names[] = { g_strconcat (stem, ".zxx", format->extension, NULL),
    g_strconcat (input->name, format->extension, NULL), g_strconcat (input->name, ".zxx", format->extension, NULL)
  };
  char *found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (!found && cnx_journal_claim (journal, names[i], input->name, FALSE))
      found = g_strdup (names[i]);
    g_free (names[i]);
  }
  return found;
}

/* Of two places for a picture's keywords, IMG.xmp and IMG.JPG.xmp, the first one, if that alone is there already: the
 * program that made it would not find another. NULL where it is not. */
static char *
claim_sidecar (CnxJournal * journal, const CnxTagFormat * format, const CnxInput * input, const char *usual)
{
  const char *point = strrchr (input->name, '.');
  g_autofree char *stem = point && point != input->name ? g_strndup (input->name, point - input->name) : NULL;
  g_autofree char *name = stem ? g_strconcat (stem, format->extension, NULL) : NULL;
  g_autofree char *path = name ? g_build_filename (input->output_dir, name, NULL) : NULL;
  g_autofree char *other = g_build_filename (input->output_dir, usual, NULL);

  if (!path || !g_file_test (path, G_FILE_TEST_IS_REGULAR) || g_file_test (other, G_FILE_TEST_EXISTS)
      || !cnx_journal_claim (journal, name, input->name, TRUE))
    return NULL;
  return g_steal_pointer (&name);
}

static char *
claim_name (CnxJournal * journal, const CnxTagFormat * format, const CnxInput * input, gboolean is_picture,
    GError ** error)
{
  g_autofree char *name = cnx_tag_format_output_name (format, input->name);
  char *other = journal && format->merges && is_picture ? claim_sidecar (journal, format, input, name) : NULL;

  if (other)
    return other;
  if (!journal || cnx_journal_claim (journal, name, input->name, format->merges))
    return g_steal_pointer (&name);
  if (format->drops_extension && (other = claim_subtitles (journal, format, input)))
    return other;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "its output %s is there already, and not as `convnext tag` wrote it "
      "for this file: it is left alone. Move it away, or name another folder with --output", name);
  return NULL;
}

static Output *
output_new (CnxRecord * self, const CnxTagFormat * format, gboolean is_picture, GError ** error)
{
  char *name = claim_name (self->journal, format, self->input, is_picture, error);

  if (!name)
    return NULL;
  Output *output = g_new0 (Output, 1);
  output->format = format;
  output->name = name;
  output->place = cnx_place_new (self->input->output_dir, name);
  output->text = g_string_new (NULL);
  output->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  output->keywords = g_ptr_array_new_with_free_func (g_free);
  return output;
}

CnxRecord *
cnx_record_new (const CnxRecordOptions * options, const CnxInput * input, gboolean is_picture, CnxJournal * journal,
    CnxOrdered * ordered, guint place, GError ** error)
{
  g_autoptr (CnxRecord) self = g_new0 (CnxRecord, 1);

  self->options = options;
  self->input = input;
  self->journal = journal;
  self->ordered = ordered;
  self->place = place;
  self->outputs = g_ptr_array_new_with_free_func (output_free);
  self->segments = cnx_segments_new (options->gap, options->min_length);
  for (guint i = 0; i < options->formats->len; i++) {
    const CnxTagFormat *format = options->formats->pdata[i];
    if (is_picture && format->films_only)
      continue;
    Output *output = output_new (self, format, is_picture, error);
    if (!output)
      return NULL;
    g_ptr_array_add (self->outputs, output);
    if (format->wants_thumbs && !self->thumbs)
      self->thumbs = cnx_tag_thumbs_new (MOST_THUMBS);
  }
  return g_steal_pointer (&self);
}

void
cnx_record_free (CnxRecord * self)
{
  g_ptr_array_unref (self->outputs);
  g_clear_pointer (&self->segments, cnx_segments_free);
  g_clear_pointer (&self->thumbs, cnx_tag_thumbs_free);
  g_free (self);
}

static CnxJournalEntry
entry_of (const CnxRecord * self)
{
  const CnxInput *input = self->input;

  return (CnxJournalEntry) {.input = input->name,.size = input->size,.mtime_ns = input->mtime_ns,
    .key = (char *) self->options->key
  };
}

gboolean
cnx_record_is_done (CnxRecord * self)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const CnxJournalEntry entry = entry_of (self);

  if (!self->journal)
    return FALSE;
  for (guint i = 0; i < self->outputs->len; i++)
    g_ptr_array_add (names, ((Output *) self->outputs->pdata[i])->name);
  g_ptr_array_add (names, NULL);
  return cnx_journal_is_done (self->journal, &entry, (const char *const *) names->pdata);
}

/* ---- text ---- */

static gboolean
flush_text (CnxRecord * self, Output * output, GError ** error)
{
  GString *text = output->text;

  if (self->ordered) {
    if (!cnx_ordered_write (self->ordered, self->place, text->str, text->len, error))
      return FALSE;
  } else {
    if (!cnx_place_write (output->place, text->str, text->len, error))
      return FALSE;
    g_checksum_update (output->checksum, (const guchar *) text->str, text->len);
  }
  g_string_truncate (text, 0);
  return TRUE;
}

/* ---- hearing ---- */

static gboolean
on_begin (gpointer data, const CnxTagFacts * facts, GError ** error)
{
  CnxRecord *self = data;

  self->facts = *facts;
  for (guint i = 0; i < self->outputs->len; i++) {
    Output *output = self->outputs->pdata[i];
    if (output->format->begin)
      output->format->begin (output->text, facts);
  }
  return TRUE;
}

static gboolean
on_sample (gpointer data, const CnxTagSample * sample, GstVideoFrame * frame, GstVideoOrientationMethod direction,
    GError ** error)
{
  CnxRecord *self = data;

  self->samples++;
  cnx_segments_add (self->segments, sample->time, sample->n, sample->labels);
  if (self->thumbs && cnx_tag_thumbs_wants (self->thumbs, sample->time))
    cnx_snapshot_add (self->thumbs, sample->time, frame, direction);
  for (guint i = 0; i < self->outputs->len; i++) {
    Output *output = self->outputs->pdata[i];
    if (output->format->sample)
      output->format->sample (output->text, &self->facts, sample);
    if ((self->ordered || output->text->len >= FLUSH_BYTES) && !flush_text (self, output, error))
      return FALSE;
  }
  return TRUE;
}

CnxListener
cnx_record_listener (CnxRecord * self)
{
  return (CnxListener) {.begin = on_begin,.sample = on_sample,.data = self };
}

/* ---- the end ---- */

/* A sidecar that stays as it is is not written again. */
static gboolean
is_same (const Output * output, GBytes * existing)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (existing, &size);

  return !cnx_place_is_begun (output->place) && size == output->text->len
      && memcmp (bytes, output->text->str, size) == 0;
}

/* Keywords are on one line each. */
static char **
recall_keywords (CnxRecord * self, const Output * output)
{
  g_autofree char *text = cnx_journal_recall (self->journal, self->input->name, output->name);

  return text && g_str_has_prefix (text, CNX_JOURNAL_MERGED) ?
      g_strsplit (text + strlen (CNX_JOURNAL_MERGED), "\n", -1) : NULL;
}

static char *
digest_of (const Output * output)
{
  if (output->is_empty)
    return g_strdup (CNX_JOURNAL_NOTHING);
  if (!output->format->merges)
    return g_strdup (g_checksum_get_string (output->checksum));
  GString *text = g_string_new (CNX_JOURNAL_MERGED);
  for (guint i = 0; i < output->keywords->len; i++)
    g_string_append_printf (text, "%s%s", i ? "\n" : "", (const char *) output->keywords->pdata[i]);
  return g_string_free (text, FALSE);
}

static gboolean
end_output (CnxRecord * self, Output * output, const CnxTagFacts * facts, const CnxTagReport * shared, GError ** error)
{
  g_autoptr (GBytes) existing = NULL;
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) former = NULL;
  CnxTagReport report = *shared;

  if (output->format->merges && !self->ordered) {
    if (!cnx_place_follow (output->place, self->input->top, error))
      return FALSE;
    report.existing = existing = cnx_place_read (output->place, MOST_EXISTING, &cause);
    if (cause) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
    report.former = former = recall_keywords (self, output);
    report.keywords = output->keywords;
  }
  if (output->format->end && !output->format->end (output->text, facts, &report, error)) {
    g_prefix_error (error, "%s: ", cnx_place_path (output->place));
    return FALSE;
  }
  output->unchanged = existing && is_same (output, existing);
  output->is_empty = output->format->merges && !self->ordered && !existing && shared->shares->len == 0;
  if (output->unchanged || output->is_empty)
    return TRUE;
  return flush_text (self, output, error);
}

/* A file that a lost line of the journal was about: it stays if it is as it would be, and is kept beside it if not. */
static void
look_at_unknown (CnxRecord * self, Output * output, const char *digest)
{
  g_autofree char *found = NULL;

  if (!cnx_journal_is_unknown (self->journal, output->name, &found))
    return;
  output->unchanged = strcmp (found, digest) == 0;
  cnx_place_keep_old (output->place);
}

/* What is whole goes to the settler. */
static void
hand_over (CnxRecord * self, gboolean complete)
{
  g_autoptr (GHashTable) outputs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  CnxJournalEntry entry = entry_of (self);

  entry.complete = complete;
  entry.outputs = outputs;
  for (guint i = 0; i < self->outputs->len; i++) {
    Output *output = self->outputs->pdata[i];
    char *digest = digest_of (output);
    g_hash_table_insert (outputs, output->name, digest);
    if (!output->format->merges)
      look_at_unknown (self, output, digest);
  }
  CnxSettlement *settlement = cnx_settlement_new (self->input->path, self->journal, &entry);
  for (guint i = 0; i < self->outputs->len; i++) {
    Output *output = self->outputs->pdata[i];
    if (!output->unchanged && !output->is_empty)
      g_ptr_array_add (output->format->merges ? settlement->merged : settlement->others,
          g_steal_pointer (&output->place));
  }
  cnx_settler_add (self->options->settler, settlement);
}

gboolean
cnx_record_finish (CnxRecord * self, const CnxTagFacts * facts, gboolean complete, GError ** error)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (CnxTagThumb));

  cnx_segments_finish (self->segments, complete ? MIN (facts->duration, self->options->end) : -1);
  const CnxTagReport report = {.segments = cnx_segments_list (self->segments),
    .shares = cnx_segments_shares (self->segments),
    .thumbs = self->thumbs ? cnx_tag_thumbs_list (self->thumbs) : none,.samples = self->samples,.complete = complete
  };
  for (guint i = 0; i < self->outputs->len; i++)
    if (!end_output (self, self->outputs->pdata[i], facts, &report, error))
      return FALSE;
  if (!self->ordered)
    hand_over (self, complete);
  return TRUE;
}
