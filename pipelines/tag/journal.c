#include "pipelines/tag/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/input/json.h"
#include "core/json_text.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/place.h"

/* A journal of a million inputs is a fifth of that. */
#define MOST_BYTES (1024 * 1024 * 1024)
/* Of one input, with those of former versions. */
#define MOST_OUTPUTS 10000

struct _CnxJournal
{
  char *folder, *path;
  GMutex lock;                  /* guards what follows */
  GHashTable *entries;          /* input to CnxJournalEntry */
  GHashTable *outputs;          /* name to the digests it was written with, a GPtrArray of char * */
  GHashTable *owners;           /* of outputs: name to the input's */
  gboolean untidy;              /* the file has more lines than there are entries, or in another order */
  gboolean damaged, lost;       /* lines were found to be lost; they were, in this run or a former one */
  gboolean unsynced, folder_synced;
};

/* A line that stands for those that are lost. */
#define LOST_LINE "{\"lost\": true}"

void
cnx_journal_entry_free (CnxJournalEntry * entry)
{
  g_free (entry->input);
  g_free (entry->key);
  g_hash_table_unref (entry->outputs);
  g_free (entry);
}

/* ---- lines ---- */

/* Names are bytes, JSON is UTF-8: what is neither readable nor UTF-8 is written as %XX. */
static void
append_name (GString * line, const char *name)
{
  g_autofree char *escaped = g_uri_escape_string (name, " !\"#$&'()*+,/:;<=>?@[\\]^`{|}", TRUE);

  cnx_json_append_text (line, escaped);
}

static char *
read_name (const char *escaped)
{
  char *name = g_uri_unescape_string (escaped, NULL);

  return name ? name : g_strdup (escaped);
}

static char *
line_of (const CnxJournalEntry * entry)
{
  GString *line = g_string_new ("{\"input\": ");
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (entry->outputs), (GCompareFunc) strcmp);

  append_name (line, entry->input);
  g_string_append_printf (line, ", \"size\": \"%" G_GUINT64_FORMAT "\", \"mtime\": \"%" G_GINT64_FORMAT "\", \"key\": ",
      entry->size, entry->mtime_ns);
  cnx_json_append_text (line, entry->key);
  g_string_append_printf (line, ", \"complete\": %s, \"outputs\": {", entry->complete ? "true" : "false");
  for (GList * name = names; name; name = name->next) {
    append_name (line, name->data);
    g_string_append (line, ": ");
    cnx_json_append_text (line, g_hash_table_lookup (entry->outputs, name->data));
    g_string_append (line, name->next ? ", " : "");
  }
  g_string_append (line, "}}\n");
  return g_string_free (line, FALSE);
}

/* A journal speaks of its own folder. */
static gboolean
is_plain (const char *name)
{
  return *name && !strchr (name, '/') && strcmp (name, ".") != 0 && strcmp (name, "..") != 0;
}

static gboolean
read_outputs (JsonObject * object, GHashTable * outputs)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList * member = names; member; member = member->next) {
    const char *digest = json_object_get_string_member_with_default (object, member->data, NULL);
    g_autofree char *name = read_name (member->data);
    if (!digest || !is_plain (name))
      return FALSE;
    g_hash_table_insert (outputs, g_steal_pointer (&name), g_strdup (digest));
  }
  return TRUE;
}

static gboolean
has_all (JsonObject * object)
{
  const char *const texts[] = { "input", "size", "mtime", "key" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (!json_object_get_string_member_with_default (object, texts[i], NULL))
      return FALSE;
  JsonNode *outputs = json_object_get_member (object, "outputs");
  return outputs && JSON_NODE_HOLDS_OBJECT (outputs);
}

/* NULL for what makes no sense. */
static CnxJournalEntry *
parse_line (const char *line, gsize length)
{
  static const CnxJsonLimits limits = {.depth = 2,.items = MOST_OUTPUTS,.unique_keys = TRUE };
  g_autoptr (JsonNode) root = cnx_json_parse (line, length, &limits, CNX_JOURNAL_NAME, NULL);
  JsonObject *object = root ? json_node_get_object (root) : NULL;

  if (!object || !has_all (object))
    return NULL;
  CnxJournalEntry *entry = g_new0 (CnxJournalEntry, 1);
  entry->input = read_name (json_object_get_string_member (object, "input"));
  entry->size = g_ascii_strtoull (json_object_get_string_member (object, "size"), NULL, 10);
  entry->mtime_ns = g_ascii_strtoll (json_object_get_string_member (object, "mtime"), NULL, 10);
  entry->key = g_strdup (json_object_get_string_member (object, "key"));
  entry->complete = json_object_get_boolean_member_with_default (object, "complete", FALSE);
  entry->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (read_outputs (json_object_get_object_member (object, "outputs"), entry->outputs))
    return entry;
  cnx_journal_entry_free (entry);
  return NULL;
}

/* ---- what is known ---- */

static gboolean
knows (CnxJournal * self, const char *output, const char *digest)
{
  GPtrArray *digests = g_hash_table_lookup (self->outputs, output);

  return digests && g_ptr_array_find_with_equal_func (digests, digest, g_str_equal, NULL);
}

/* Takes @entry. Outputs that only an older line of its input names stay in it: they are ours still. */
static void
remember (CnxJournal * self, CnxJournalEntry * entry)
{
  CnxJournalEntry *older = g_hash_table_lookup (self->entries, entry->input);
  GHashTableIter iter;
  gpointer name, digest;

  if (older) {
    self->untidy = TRUE;
    g_hash_table_iter_init (&iter, older->outputs);
    while (g_hash_table_iter_next (&iter, &name, &digest))
      if (!g_hash_table_contains (entry->outputs, name))
        g_hash_table_insert (entry->outputs, g_strdup (name), g_strdup (digest));
  }
  g_hash_table_iter_init (&iter, entry->outputs);
  while (g_hash_table_iter_next (&iter, &name, &digest)) {
    if (knows (self, name, digest))
      continue;
    GPtrArray *digests = g_hash_table_lookup (self->outputs, name);
    if (!digests) {
      digests = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->outputs, g_strdup (name), digests);
    }
    g_ptr_array_add (digests, g_strdup (digest));
    g_hash_table_insert (self->owners, g_strdup (name), g_strdup (entry->input));
  }
  g_hash_table_replace (self->entries, entry->input, entry);
}

static void
read_lines (CnxJournal * self, const char *text, gsize size)
{
  g_autofree char *last = NULL;

  for (const char *line = text; line < text + size;) {
    const char *end = memchr (line, '\n', text + size - line);
    const gsize length = end ? (gsize) (end - line) : (gsize) (text + size - line);
    CnxJournalEntry *entry = length ? parse_line (line, length) : NULL;
    const gboolean is_mark = length == strlen (LOST_LINE) && memcmp (line, LOST_LINE, length) == 0;
    line += length + 1;
    self->lost |= is_mark;
    if (is_mark)
      continue;
    if (!entry || !end)
      self->untidy = TRUE;
    if (!entry) {
      self->damaged |= end != NULL;     /* one that was torn off had no outputs yet */
      continue;
    }
    if (last && strcmp (last, entry->input) >= 0)
      self->untidy = TRUE;
    g_free (last);
    last = g_strdup (entry->input);
    remember (self, entry);
  }
}

/* The file, locked against other processes where the file system can do that: until it is closed nobody adds to it or
 * puts another in its place. Below 0 on error. */
static int
open_locked (const CnxJournal * self)
{
  for (;;) {
    const int fd = g_open (self->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    GStatBuf opened, named;
    if (fd < 0)
      return fd;
    flock (fd, LOCK_EX);
    if (fstat (fd, &opened) != 0 || (g_stat (self->path, &named) == 0 && opened.st_ino == named.st_ino))
      return fd;
    close (fd);                 /* tidied away meanwhile */
  }
}

/* *@size: of what is there; below 0 where nothing is. */
static gboolean
read_file (CnxJournal * self, gssize * size, GError ** error)
{
  g_autoptr (CnxPlace) place = cnx_place_new (self->folder, CNX_JOURNAL_NAME);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GBytes) bytes = cnx_place_read (place, MOST_BYTES, &cause);

  *size = -1;
  if (bytes) {
    gsize length;
    const char *text = g_bytes_get_data (bytes, &length);
    *size = length;
    read_lines (self, text, length);
    return TRUE;
  }
  if (!cause)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/* Nobody leaves a journal empty; but somebody may have made it just now. */
static gboolean
read_first (CnxJournal * self, GError ** error)
{
  gssize size;

  if (!read_file (self, &size, error))
    return FALSE;
  if (size == 0) {
    const int fd = open_locked (self);
    if (fd >= 0)
      close (fd);
    if (!read_file (self, &size, error))
      return FALSE;
  }
  self->damaged |= size == 0;
  self->lost |= self->damaged;
  self->untidy |= self->damaged;
  return TRUE;
}

CnxJournal *
cnx_journal_open (const char *folder, GError ** error)
{
  g_autoptr (CnxJournal) self = g_new0 (CnxJournal, 1);
  GStatBuf status;

  g_mutex_init (&self->lock);
  self->folder = g_strdup (folder);
  self->path = g_build_filename (folder, CNX_JOURNAL_NAME, NULL);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) cnx_journal_entry_free);
  self->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (g_lstat (self->path, &status) == 0 && (!S_ISREG (status.st_mode) || status.st_size > MOST_BYTES)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is no journal of `convnext tag`: move it away",
        self->path);
    return NULL;
  }
  return read_first (self, error) ? g_steal_pointer (&self) : NULL;
}

void
cnx_journal_free (CnxJournal * self)
{
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->outputs);
  g_hash_table_unref (self->owners);
  g_mutex_clear (&self->lock);
  g_free (self->folder);
  g_free (self->path);
  g_free (self);
}

/* ---- questions ---- */

static char *
digest_of (CnxJournal * self, const char *output)
{
  const int fd = cnx_place_open_file (self->folder, output);
  g_autoptr (GMappedFile) file = fd >= 0 ? g_mapped_file_new_from_fd (fd, FALSE, NULL) : NULL;

  if (fd >= 0)
    close (fd);
  return file ? g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) g_mapped_file_get_contents (file),
      g_mapped_file_get_length (file)) : NULL;
}

/* A sidecar may be a link to one. */
static gboolean
is_there (CnxJournal * self, const char *output)
{
  g_autofree char *path = g_build_filename (self->folder, output, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
is_merged (const char *digest)
{
  return !*digest || g_str_has_prefix (digest, CNX_JOURNAL_MERGED);
}

char *
cnx_journal_recall (CnxJournal * self, const char *input, const char *output)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const CnxJournalEntry *entry = g_hash_table_lookup (self->entries, input);

  return entry ? g_strdup (g_hash_table_lookup (entry->outputs, output)) : NULL;
}

gboolean
cnx_journal_is_done (CnxJournal * self, const CnxJournalEntry * wanted, const char *const *names)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const CnxJournalEntry *entry = g_hash_table_lookup (self->entries, wanted->input);

  if (!entry || !entry->complete || entry->size != wanted->size || entry->mtime_ns != wanted->mtime_ns
      || strcmp (entry->key, wanted->key) != 0)
    return FALSE;
  for (guint i = 0; names[i]; i++) {
    const char *expected = g_hash_table_lookup (entry->outputs, names[i]);
    if (g_strcmp0 (expected, CNX_JOURNAL_NOTHING) == 0)
      continue;
    g_autofree char *found = expected && !is_merged (expected) ? digest_of (self, names[i]) : NULL;
    if (!expected || (is_merged (expected) ? !is_there (self, names[i]) : g_strcmp0 (expected, found) != 0))
      return FALSE;
  }
  return TRUE;
}

/* Whether @output, which is there, is one that we wrote and as we wrote it. */
static gboolean
is_ours (CnxJournal * self, const char *output)
{
  g_autofree char *found = g_hash_table_contains (self->outputs, output) ? digest_of (self, output) : NULL;

  return found && knows (self, output, found);
}

/* Names that nobody else gives. With @lock held. */
static gboolean
is_unknown (CnxJournal * self, const char *output)
{
  return self->lost && strstr (output, "labels.") && !is_ours (self, output);
}

gboolean
cnx_journal_is_unknown (CnxJournal * self, const char *output, char **digest)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return is_unknown (self, output) && (*digest = digest_of (self, output));
}

gboolean
cnx_journal_is_damaged (const CnxJournal * self)
{
  return self->damaged;
}

gboolean
cnx_journal_claim (CnxJournal * self, const char *output, const char *input, gboolean merges)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *path = g_build_filename (self->folder, output, NULL);
  const char *owner = g_hash_table_lookup (self->owners, output);
  GStatBuf status;

  if (owner && strcmp (owner, input) != 0)
    return FALSE;
  if (!merges && g_lstat (path, &status) == 0 && !is_ours (self, output)
      && !(S_ISREG (status.st_mode) && is_unknown (self, output)))
    return FALSE;
  if (!owner)
    g_hash_table_insert (self->owners, g_strdup (output), g_strdup (input));
  return TRUE;
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

GPtrArray *
cnx_journal_outputs (CnxJournal * self, const char *suffix)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->outputs);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (g_str_has_suffix (name, suffix))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, by_name);
  return names;
}

/* ---- writing ---- */

static gboolean
set_error (const CnxJournal * self, int number, GError ** error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s: %s", self->path, g_strerror (number));
  return FALSE;
}

/* In one write, behind what other processes wrote. A line that was torn off before is ended first. */
static gboolean
append (CnxJournal * self, const char *line, GError ** error)
{
  const int fd = open_locked (self);
  const gssize length = strlen (line);
  char last = '\n';

  if (fd < 0)
    return set_error (self, errno, error);
  const off_t size = lseek (fd, 0, SEEK_END);
  gssize written = length;
  if (size > 0 && pread (fd, &last, 1, size - 1) == 1 && last != '\n' && write (fd, "\n", 1) != 1)
    written = -1;
  if (written == length)
    written = write (fd, line, length);
  const int number = written < 0 ? errno : ENOSPC;
  if (close (fd) != 0 || written != length)
    return set_error (self, number, error);
  return TRUE;
}

CnxJournalEntry *
cnx_journal_entry_copy (const CnxJournalEntry * from)
{
  CnxJournalEntry *to = g_new0 (CnxJournalEntry, 1);
  GHashTableIter iter;
  gpointer name, digest;

  *to = *from;
  to->input = g_strdup (from->input);
  to->key = g_strdup (from->key);
  to->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_iter_init (&iter, from->outputs);
  while (g_hash_table_iter_next (&iter, &name, &digest))
    g_hash_table_insert (to->outputs, g_strdup (name), g_strdup (digest));
  return to;
}

gboolean
cnx_journal_add (CnxJournal * self, const CnxJournalEntry * entry, GError ** error)
{
  g_autofree char *line = line_of (entry);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!append (self, line, error))
    return FALSE;
  remember (self, cnx_journal_entry_copy (entry));
  self->untidy = self->unsynced = TRUE;
  return TRUE;
}

gboolean
cnx_journal_sync (CnxJournal * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const int fd = self->unsynced ? cnx_place_open_file (self->folder, CNX_JOURNAL_NAME) : -1;
  const gboolean ok = !self->unsynced || (fd >= 0 && (fdatasync (fd) == 0 || errno == EINVAL));
  const int number = errno;

  if (fd >= 0)
    close (fd);
  if (!ok)
    return set_error (self, number, error);
  self->unsynced = FALSE;
  if (!self->folder_synced) {
    g_autoptr (CnxPlace) place = cnx_place_new (self->folder, CNX_JOURNAL_NAME);
    self->folder_synced = cnx_place_sync_folder (place, error);
  }
  return self->folder_synced;
}

static gboolean
has_any_output (CnxJournal * self, const CnxJournalEntry * entry)
{
  GHashTableIter iter;
  gpointer name, digest;

  g_hash_table_iter_init (&iter, entry->outputs);
  while (g_hash_table_iter_next (&iter, &name, &digest))
    if (strcmp (digest, CNX_JOURNAL_NOTHING) == 0 || is_there (self, name))
      return TRUE;
  return FALSE;
}

/* With both locks held. */
static gboolean
write_anew (CnxJournal * self, GError ** error)
{
  g_autoptr (CnxPlace) place = cnx_place_new (self->folder, CNX_JOURNAL_NAME);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GList) inputs = NULL;
  gssize size;

  if (!read_file (self, &size, error))  /* what other processes added */
    return FALSE;
  if (self->lost)
    g_string_append (text, LOST_LINE "\n");
  inputs = g_list_sort (g_hash_table_get_keys (self->entries), (GCompareFunc) strcmp);
  for (GList * input = inputs; input; input = input->next) {
    const CnxJournalEntry *entry = g_hash_table_lookup (self->entries, input->data);
    g_autofree char *line = line_of (entry);
    if (has_any_output (self, entry))
      g_string_append (text, line);
  }
  return cnx_place_write (place, text->str, text->len, error) && cnx_place_sync (place, error)
      && cnx_place_put (place, error);
}

gboolean
cnx_journal_tidy (CnxJournal * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->untidy)
    return TRUE;
  const int fd = open_locked (self);
  if (fd < 0)
    return set_error (self, errno, error);
  self->untidy = !write_anew (self, error);
  close (fd);
  return !self->untidy;
}
