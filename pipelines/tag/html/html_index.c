#include "pipelines/tag/html/html_index.h"

#include <stdlib.h>
#include <string.h>

#include "core/json_text.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/html/html.h"
#include "pipelines/tag/html/html_data.h"

/* Of a label's segments in one file, how many the page links: the longest. The file's own page has them all. */
#define MAX_LINKS 6
/* In the list for browsers without scripts. */
#define TOP_LABELS 5
#define MEDIA_POLICY "img-src data:"

/* A file: where its page is, and what it holds. */
typedef struct
{
  const char *path;
  CnxHtmlData *data;
} Entry;

/* The names of all labels, each once: files name them by number. */
typedef struct
{
  GHashTable *numbers;
  GPtrArray *names;
} Names;

static int
by_path (const void *a, const void *b)
{
  return strcmp (((const Entry *) a)->path, ((const Entry *) b)->path);
}

static void
entry_clear (gpointer entry)
{
  cnx_html_data_free (((Entry *) entry)->data);
}

/* The name of the file that a page is of. */
static char *
file_name (const char *path)
{
  return g_strndup (path, strlen (path) - (g_str_has_suffix (path, cnx_tag_html.extension)
          ? strlen (cnx_tag_html.extension) : 0));
}

static guint
number_of (Names * names, const char *name)
{
  gpointer number;

  if (g_hash_table_lookup_extended (names->numbers, name, NULL, &number))
    return GPOINTER_TO_UINT (number);
  g_hash_table_insert (names->numbers, (gpointer) name, GUINT_TO_POINTER (names->names->len));
  g_ptr_array_add (names->names, (gpointer) name);
  return names->names->len - 1;
}

/* ---- the data ---- */

static int
longest_first (const void *a, const void *b)
{
  const CnxHtmlStretch *left = a, *right = b;
  const double difference = (right->end - right->start) - (left->end - left->start);

  if (difference != 0)
    return difference > 0 ? 1 : -1;
  return left->start < right->start ? -1 : left->start > right->start;
}

static int
by_start (const void *a, const void *b)
{
  const CnxHtmlStretch *left = a, *right = b;

  return left->start < right->start ? -1 : left->start > right->start;
}

/* How many segments a label has, and the longest of them: ,N,[[start,end],...] */
static void
append_links (GString * out, GArray * stretches)
{
  const guint n = MIN (stretches->len, MAX_LINKS);

  g_string_append_printf (out, ",%u,[", stretches->len);
  g_array_sort (stretches, longest_first);
  g_array_set_size (stretches, n);
  g_array_sort (stretches, by_start);
  for (guint i = 0; i < n; i++) {
    const CnxHtmlStretch *stretch = &g_array_index (stretches, CnxHtmlStretch, i);

    g_string_append (out, i ? ",[" : "[");
    cnx_json_append_number (out, stretch->start, 3);
    g_string_append_c (out, ',');
    cnx_json_append_number (out, stretch->end, 3);
    g_string_append_c (out, ']');
  }
  g_string_append_c (out, ']');
}

/* A file's segments, a list for each label. */
static GPtrArray *
by_label (const CnxHtmlData * data)
{
  GPtrArray *lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; i < data->labels->len; i++)
    g_ptr_array_add (lists, g_array_new (FALSE, FALSE, sizeof (CnxHtmlStretch)));
  for (guint i = 0; i < data->stretches->len; i++) {
    const CnxHtmlStretch *stretch = &g_array_index (data->stretches, CnxHtmlStretch, i);

    g_array_append_val ((GArray *) g_ptr_array_index (lists, stretch->label), *stretch);
  }
  return lists;
}

static void
append_file (GString * out, const Entry * entry, Names * names)
{
  const CnxHtmlData *data = entry->data;
  g_autoptr (GPtrArray) lists = by_label (data);
  g_autofree char *name = file_name (entry->path);
  g_autofree char *url = cnx_html_url (entry->path);

  g_string_append (out, "{\"url\":");
  cnx_json_append_text (out, url);
  g_string_append (out, ",\"name\":");
  cnx_json_append_text (out, name);
  g_string_append_printf (out, ",\"picture\":%s,\"duration\":", data->is_picture ? "true" : "false");
  cnx_json_append_number (out, data->duration, 3);
  g_string_append (out, ",\"thumb\":");
  cnx_json_append_text (out, data->thumb ? data->thumb : "");
  g_string_append (out, ",\"labels\":[");
  for (guint i = 0; i < data->labels->len; i++) {
    const CnxHtmlLabel *label = &g_array_index (data->labels, CnxHtmlLabel, i);

    g_string_append_printf (out, "%s[%u,", i ? "," : "", number_of (names, label->name));
    cnx_json_append_number (out, label->share, 4);
    g_string_append_c (out, ',');
    cnx_json_append_number (out, label->peak, 4);
    append_links (out, g_ptr_array_index (lists, i));
    g_string_append_c (out, ']');
  }
  g_string_append (out, "]}");
}

/* Files refer to labels by their place in the list behind them. */
static char *
data_json (const GArray * entries)
{
  Names names = {.numbers = g_hash_table_new (g_str_hash, g_str_equal),.names = g_ptr_array_new () };
  g_autoptr (GString) json = g_string_new ("{\"files\":[\n");
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++) {
    g_string_append (json, i ? ",\n" : "");
    append_file (json, &g_array_index (entries, Entry, i), &names);
  }
  g_string_append (json, "\n],\"labels\":[");
  for (guint i = 0; i < names.names->len; i++) {
    g_string_append (json, i ? "," : "");
    cnx_json_append_text (json, g_ptr_array_index (names.names, i));
  }
  g_string_append (json, "]}");
  g_hash_table_unref (names.numbers);
  g_ptr_array_unref (names.names);
  cnx_html_append_data (out, json->str);
  return g_string_free (out, FALSE);
}

/* ---- the list, for browsers without scripts ---- */

static char *
list_html (const GArray * entries)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = &g_array_index (entries, Entry, i);
    const GArray *labels = entry->data->labels;
    g_autofree char *name = file_name (entry->path);
    g_autofree char *url = cnx_html_url (entry->path);

    g_string_append_printf (out, "<li><a href=\"%s\"><bdi>", url);
    cnx_html_append_text (out, name);
    g_string_append (out, "</bdi></a>");
    for (guint j = 0; j < labels->len && j < TOP_LABELS; j++) {
      g_string_append (out, j ? ", <bdi>" : ": <bdi>");
      cnx_html_append_text (out, g_array_index (labels, CnxHtmlLabel, j).name);
      g_string_append (out, "</bdi>");
    }
    g_string_append (out, "</li>\n");
  }
  return g_string_free (out, FALSE);
}

static GArray *
read_entries (const CnxTagPage * pages, gsize n)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (Entry));

  g_array_set_clear_func (entries, entry_clear);
  for (gsize i = 0; i < n; i++) {
    Entry entry = {.path = pages[i].path };

    entry.data = cnx_html_data_parse (pages[i].data, strlen (pages[i].data), NULL);
    if (entry.data)
      g_array_append_val (entries, entry);
  }
  g_array_sort (entries, by_path);
  return entries;
}

char *
cnx_tag_html_index (const char *name, const CnxTagPage * pages, gsize n)
{
  g_autoptr (GArray) entries = read_entries (pages, n);
  g_autofree char *style = g_strconcat (cnx_html_file ("common.css"), cnx_html_file ("index.css"), NULL);
  g_autofree char *script = g_strconcat (cnx_html_file ("common.js"), cnx_html_file ("index.js"), NULL);
  g_autofree char *policy = cnx_html_policy (style, script, MEDIA_POLICY);
  g_autofree char *data = data_json (entries);
  g_autofree char *list = list_html (entries);
  g_autofree char *count = g_strdup_printf (entries->len == 1 ? "%u file" : "%u files", entries->len);
  g_autoptr (GString) shown = g_string_new (NULL);

  cnx_html_append_text (shown, name);
  return cnx_html_fill ("index.html", (const CnxHtmlPart[]) {
        {"policy", policy}, {"name", shown->str}, {"style", style}, {"script", script}, {"data", data},
        {"list", list}, {"count", count}, {NULL, NULL}
      });
}
