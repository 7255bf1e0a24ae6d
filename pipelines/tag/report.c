#include "pipelines/tag/report.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/html/html_data.h"
#include "pipelines/tag/html/html_index.h"
#include "pipelines/tag/place.h"

/* In a journal, what the page of a folder is made of: no file is called so. */
#define FOLDER_INPUT "/"
/* Folders within folders: more is a loop, or no archive. */
#define MOST_DEPTH 64

typedef struct
{
  CnxJournals *journals;
  const char *folder;
  char **sources;
  GArray *pages;                /* CnxTagPage */
} Gathering;

static void
page_clear (gpointer data)
{
  CnxTagPage *page = data;

  g_free ((char *) page->path);
  g_free ((char *) page->data);
}

static gboolean
is_in_sources (const Gathering * gathering, const char *path)
{
  for (guint i = 0; gathering->sources && gathering->sources[i]; i++) {
    g_autofree char *source = g_canonicalize_filename (gathering->sources[i], NULL);
    const gsize length = strlen (source);
    if (g_str_has_prefix (path, source) && (path[length] == '/' || source[length - 1] == '/'))
      return TRUE;
  }
  return FALSE;
}

/* @data: of the page @name in @folder. */
static gboolean
is_of_gone_file (const Gathering * gathering, const char *folder, const char *name, const char *data)
{
  g_autoptr (CnxHtmlData) parsed = cnx_html_data_parse (data, strlen (data), NULL);
  g_autofree char *far = parsed && parsed->url ? g_filename_from_uri (parsed->url, NULL, NULL) : NULL;
  g_autofree char *bare = g_strndup (name, strlen (name) - strlen (cnx_tag_html.extension));
  g_autofree char *near = g_build_filename (folder, bare, NULL);

  return !g_file_test (far ? far : near, G_FILE_TEST_EXISTS) && (!far || is_in_sources (gathering, far));
}

/* What is no page any more, was changed, or is of a file that is gone, is left out. */
static void
add_page (Gathering * gathering, const char *below, const char *name)
{
  CnxTagPage page = {.path = g_build_filename (below, name, NULL) };
  g_autofree char *folder = g_build_filename (gathering->folder, below, NULL);
  const int fd = cnx_place_open_file (folder, name);
  g_autoptr (GMappedFile) file = fd >= 0 ? g_mapped_file_new_from_fd (fd, FALSE, NULL) : NULL;

  if (fd >= 0)
    close (fd);
  if (file)
    page.data = cnx_tag_html_pull (g_mapped_file_get_contents (file), g_mapped_file_get_length (file), NULL);
  if (page.data && !is_of_gone_file (gathering, folder, name, page.data))
    g_array_append_val (gathering->pages, page);
  else
    page_clear (&page);
}

static void
add_pages (Gathering * gathering, const char *below)
{
  g_autofree char *folder = g_build_filename (gathering->folder, below, NULL);
  CnxJournal *journal = cnx_journals_get (gathering->journals, folder, NULL);
  g_autoptr (GPtrArray) names = journal ? cnx_journal_outputs (journal, cnx_tag_html.extension) : NULL;

  for (guint i = 0; names && i < names->len; i++)
    add_page (gathering, below, names->pdata[i]);
}

static void
gather (Gathering * gathering, const char *below, guint depth)
{
  g_autofree char *folder = g_build_filename (gathering->folder, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *inner = g_build_filename (below, name, NULL);
    g_autofree char *path = g_build_filename (folder, name, NULL);
    if (strcmp (name, CNX_JOURNAL_NAME) == 0)
      add_pages (gathering, below);
    else if (*name != '.' && depth < MOST_DEPTH && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)
        && g_file_test (path, G_FILE_TEST_IS_DIR))
      gather (gathering, inner, depth + 1);
  }
}

/* What is there may be anything: nothing is waited for, no link followed, and no more read than could be the same. */
static gboolean
is_same (CnxPlace * place, const char *text)
{
  const gsize length = strlen (text);
  g_autoptr (GBytes) there = cnx_place_read (place, length, NULL);

  return there && g_bytes_get_size (there) == length && memcmp (g_bytes_get_data (there, NULL), text, length) == 0;
}

static gboolean
put (CnxJournals * journals, const char *folder, const char *text, GError ** error)
{
  CnxJournal *journal = cnx_journals_get (journals, folder, error);
  g_autoptr (CnxPlace) place = cnx_place_new (folder, CNX_TAG_HTML_INDEX);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1), *unknown = NULL;
  g_autoptr (GHashTable) outputs = g_hash_table_new (g_str_hash, g_str_equal);
  const CnxJournalEntry entry = {
    .input = (char *) FOLDER_INPUT,.key = (char *) "",.complete = TRUE,.outputs = outputs
  };

  if (!journal || is_same (place, text))
    return journal != NULL;
  if (!cnx_journal_claim (journal, CNX_TAG_HTML_INDEX, FOLDER_INPUT, FALSE)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s is there already, and not as `convnext tag` wrote it: it is "
        "left alone. Move it away", cnx_place_path (place));
    return FALSE;
  }
  if (cnx_journal_is_unknown (journal, CNX_TAG_HTML_INDEX, &unknown))
    cnx_place_keep_old (place);
  g_hash_table_insert (outputs, (gpointer) CNX_TAG_HTML_INDEX, digest);
  return cnx_place_write (place, text, strlen (text), error) && cnx_place_sync (place, error)
      && cnx_journal_add (journal, &entry, error) && cnx_journal_sync (journal, error) && cnx_place_put (place, error);
}

/* What would be a page over nothing goes, if it is ours. */
static void
take_away (CnxJournals * journals, const char *folder)
{
  CnxJournal *journal = cnx_journals_get (journals, folder, NULL);
  g_autofree char *path = g_build_filename (folder, CNX_TAG_HTML_INDEX, NULL), *unknown = NULL;

  if (journal && g_file_test (path, G_FILE_TEST_EXISTS)
      && !cnx_journal_is_unknown (journal, CNX_TAG_HTML_INDEX, &unknown)
      && cnx_journal_claim (journal, CNX_TAG_HTML_INDEX, FOLDER_INPUT, FALSE))
    g_unlink (path);
}

gboolean
cnx_report_write (CnxJournals * journals, const char *folder, char **sources, GError ** error)
{
  g_autoptr (GArray) pages = g_array_new (FALSE, FALSE, sizeof (CnxTagPage));
  g_autofree char *spelling = g_canonicalize_filename (folder, NULL);
  g_autofree char *name = g_filename_display_basename (spelling);
  Gathering gathering = { journals, spelling, sources, pages };

  g_array_set_clear_func (pages, page_clear);
  gather (&gathering, "", 0);
  if (pages->len == 0) {
    take_away (journals, spelling);
    return TRUE;
  }
  g_autofree char *text = cnx_tag_html_index (name, (const CnxTagPage *) pages->data, pages->len);
  return put (journals, spelling, text, error);
}
