#include "pipelines/tag/record.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "pipelines/tag/read/snapshot.h"
#include "pipelines/tag/formats/thumb.h"

/* So much text of an output is kept before it is written. */
#define FLUSH_BYTES (64 * 1024)
#define MOST_THUMBS 48
/* No sidecar is as large. */
#define MOST_EXISTING (16 * 1024 * 1024)

/* An output: text that waits, and what of it is in a file of a temporary name. */
typedef struct
{
  const CnxTagFormat *format;
  char *name, *path, *temporary;
  GString *text;
  int fd;                       /* below 0 until there is something to write */
  GChecksum *checksum;
  gboolean unchanged;           /* what is there already is what it would be */
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

  if (output->fd >= 0) {
    close (output->fd);
    g_unlink (output->temporary);
  }
  g_free (output->name);
  g_free (output->path);
  g_free (output->temporary);
  g_string_free (output->text, TRUE);
  g_checksum_free (output->checksum);
  g_free (output);
}

/* ---- names ---- */

/* Subtitles lie where players find them, and so may somebody else's: then ours are those in no language at all. */
static char *
claim_name (CnxJournal * journal, const CnxTagFormat * format, const CnxInput * input, GError ** error)
{
  g_autofree char *name = cnx_tag_format_output_name (format, input->name);

  if (!journal || cnx_journal_claim (journal, name, input->name, format->merges))
    return g_steal_pointer (&name);
  if (format->drops_extension) {
    g_autofree char *stem = g_strndup (name, strlen (name) - strlen (format->extension));
    g_autofree char *other = g_strconcat (stem, ".zxx", format->extension, NULL);
    if (cnx_journal_claim (journal, other, input->name, FALSE))
      return g_steal_pointer (&other);
  }
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "its output %s is there already, and not as `convnext tag` wrote it "
      "for this file: it is left alone. Move it away, or name another folder with --output", name);
  return NULL;
}

static Output *
output_new (CnxRecord * self, const CnxTagFormat * format, GError ** error)
{
  char *name = claim_name (self->journal, format, self->input, error);

  if (!name)
    return NULL;
  Output *output = g_new0 (Output, 1);
  g_autofree char *temporary = g_strdup_printf (".%s.convnext-part", name);
  output->format = format;
  output->name = name;
  output->path = g_build_filename (self->input->output_dir, name, NULL);
  output->temporary = g_build_filename (self->input->output_dir, temporary, NULL);
  output->text = g_string_new (NULL);
  output->fd = -1;
  output->checksum = g_checksum_new (G_CHECKSUM_SHA256);
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
    Output *output = output_new (self, format, error);
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
set_error (const char *path, int number, GError ** error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s cannot be written: %s", path,
      g_strerror (number));
  return FALSE;
}

static gboolean
write_all (int fd, const char *text, gsize size)
{
  while (size > 0) {
    const gssize written = write (fd, text, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    text += written;
    size -= written;
  }
  return TRUE;
}

static gboolean
open_temporary (Output * output, GError ** error)
{
  g_autofree char *folder = g_path_get_dirname (output->temporary);

  if (g_mkdir_with_parents (folder, 0777) == 0)
    output->fd = g_open (output->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  return output->fd >= 0 || set_error (output->path, errno, error);
}

static gboolean
flush_text (CnxRecord * self, Output * output, GError ** error)
{
  GString *text = output->text;

  if (self->ordered) {
    if (!cnx_ordered_write (self->ordered, self->place, text->str, text->len, error))
      return FALSE;
  } else {
    if (output->fd < 0 && !open_temporary (output, error))
      return FALSE;
    if (!write_all (output->fd, text->str, text->len))
      return set_error (output->path, errno, error);
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

static GBytes *
read_existing (const Output * output, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  GStatBuf status;
  char *text;
  gsize size;

  if (g_stat (output->path, &status) == 0 && (!S_ISREG (status.st_mode) || status.st_size > MOST_EXISTING))
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "%s is nothing that keywords can be added to", output->path);
  else if (g_file_get_contents (output->path, &text, &size, &cause))
    return g_bytes_new_take (text, size);
  else if (!g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_propagate_error (error, g_steal_pointer (&cause));
  return NULL;
}

/* A sidecar that stays as it is is not written again. */
static gboolean
is_same (const Output * output, GBytes * existing)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (existing, &size);

  return output->fd < 0 && size == output->text->len && memcmp (bytes, output->text->str, size) == 0;
}

/* What somebody else's file may be read by stays so. */
static void
keep_mode (const Output * output)
{
  GStatBuf status;

  if (g_stat (output->path, &status) == 0 && fchmod (output->fd, status.st_mode & 07777) != 0)
    g_debug ("%s: %s", output->path, g_strerror (errno));
}

static gboolean
end_output (CnxRecord * self, Output * output, const CnxTagFacts * facts, const CnxTagReport * shared, GError ** error)
{
  g_autoptr (GBytes) existing = NULL;
  g_autoptr (GError) cause = NULL;
  CnxTagReport report = *shared;

  if (output->format->merges && !self->ordered) {
    report.existing = existing = read_existing (output, &cause);
    if (cause) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
  }
  if (output->format->end && !output->format->end (output->text, facts, &report, error)) {
    g_prefix_error (error, "%s: ", output->path);
    return FALSE;
  }
  output->unchanged = existing && is_same (output, existing);
  if (output->unchanged)
    return TRUE;
  if (!flush_text (self, output, error))
    return FALSE;
  if (existing)
    keep_mode (output);
  return TRUE;
}

static gboolean
note (CnxRecord * self, gboolean complete, GError ** error)
{
  g_autoptr (GHashTable) outputs = g_hash_table_new (g_str_hash, g_str_equal);
  CnxJournalEntry entry = entry_of (self);

  entry.complete = complete;
  entry.outputs = outputs;
  for (guint i = 0; i < self->outputs->len; i++) {
    Output *output = self->outputs->pdata[i];
    const char *digest = output->format->merges ? "" : g_checksum_get_string (output->checksum);
    g_hash_table_insert (outputs, output->name, (gpointer) digest);
  }
  return cnx_journal_add (self->journal, &entry, error);
}

static gboolean
put_in_place (Output * output, GError ** error)
{
  if (output->unchanged)
    return TRUE;
  const int fd = output->fd;
  output->fd = -1;
  if (close (fd) == 0 && g_rename (output->temporary, output->path) == 0)
    return TRUE;
  const int number = errno;
  g_unlink (output->temporary);
  return set_error (output->path, number, error);
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
  if (self->ordered)
    return TRUE;
  if (!note (self, complete, error))
    return FALSE;
  for (guint i = 0; i < self->outputs->len; i++)
    if (!put_in_place (self->outputs->pdata[i], error))
      return FALSE;
  return TRUE;
}
