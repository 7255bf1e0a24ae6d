/* The text of the pages: what a name or a label may do to it, and what is taken out of a page that anybody wrote. */
#include <string.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/input/json.h"
#include "core/model/label_names.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/html/html.h"
#include "pipelines/tag/html/html_data.h"
#include "pipelines/tag/html/html_index.h"
#include "tests/support/temp_files.h"

#define OPEN CNX_TAG_HTML_OPEN
#define CLOSE CNX_TAG_HTML_CLOSE
#define HEAD "{\"format\":\"convnext-labels\",\"version\":1,\"picture\":false,\"duration\":10,\"thumb\":null,"
#define LABELS "\"labels\":[[\"cat\",1,4,0.4,0.5,0.6],[\"dog\",2,1,0.1,0.5,0.6]],"
#define SEGMENTS "\"segments\":[[0,1,3,0.5,0.6],[1,2,3,0.5,0.6],[0,6,8,0.5,0.6]]}"

static const char *const hostile[] = {
  "</script><script>alert(1)</script>", "<!--<script>", "]]>", "\"quoted\" 'twice'", "&lt;&amp;&#60;", "{{script}}",
  "\xff\xfe not UTF-8", "\xe2\x80\xaegnp.elif", "\xf0\x9f\x90\x88 cat", "tab\tand\nline", "\x01\x02\x7f",
  "\xe2\x80\xa8line", "",
  "\\u003c\\", "${data}`",
};

static GArray *
one (gconstpointer element, guint size)
{
  GArray *array = g_array_new (FALSE, FALSE, size);

  return g_array_append_vals (array, element, 1);
}

/* The page of a film whose path is @path and that shows @label from 1 s to 2 s. */
static char *
page_of (const char *path, const char *link, const char *label, gboolean is_picture)
{
  const CnxSegment segment = { 5, label, 1, 2, 0.5, 0.75 };
  const CnxShare share = { 5, label, 1, 0.1, 0.5, 0.75 };
  const CnxTagModel model = { label, label, 10, 224, 224, "fp32", label };
  g_autoptr (GArray) segments = one (&segment, sizeof (segment));
  g_autoptr (GArray) shares = one (&share, sizeof (share));
  g_autoptr (GArray) thumbs = g_array_new (FALSE, FALSE, sizeof (CnxTagThumb));
  const CnxTagFacts facts = {
    .file = path,.path = path,.link = link,.is_picture = is_picture,.fps_d = 1,.duration = 10,.container = label,
    .codec = label,.model = &model
  };
  const CnxTagReport report = {.segments = segments,.shares = shares,.thumbs = thumbs,.samples = 3,.complete = TRUE };
  GString *out = g_string_new (NULL);

  g_assert_true (cnx_tag_html.end (out, &facts, &report, NULL));
  return g_string_free (out, FALSE);
}

static char *
pull (const char *page, GError ** error)
{
  return cnx_tag_html_pull (page, strlen (page), error);
}

static guint
count (const char *text, const char *what)
{
  guint n = 0;

  for (; (text = strstr (text, what)); text += strlen (what))
    n++;
  return n;
}

/* Text of the file or of a label is never markup, and what the data says is what it was. */
static void
test_hostile (void)
{
  g_autofree char *harmless = page_of ("film.webm", NULL, "cat", FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_autofree char *name = g_strconcat (hostile[i], ".webm", NULL);
    g_autofree char *page = page_of (name, NULL, hostile[i], FALSE);
    g_autofree char *label = g_utf8_make_valid (hostile[i], -1);
    g_autoptr (GError) error = NULL;
    g_autofree char *json = pull (page, &error);
    g_autoptr (CnxHtmlData) data = NULL;

    g_assert_no_error (error);
    g_assert_true (g_utf8_validate (page, -1, NULL));
    g_assert_cmpuint (count (page, "<"), ==, count (harmless, "<"));
    g_assert_cmpuint (count (page, "\""), >=, count (harmless, "\""));
    g_assert_null (strstr (page, "\xe2\x80\xae</"));
    g_assert_null (strchr (json, '\n'));
    data = cnx_html_data_parse (json, strlen (json), &error);
    g_assert_no_error (error);
    g_assert_cmpuint (data->labels->len, ==, 1);
    g_assert_cmpstr (g_array_index (data->labels, CnxHtmlLabel, 0).name, ==, label);
    g_assert_cmpfloat (g_array_index (data->labels, CnxHtmlLabel, 0).peak, ==, 0.75);
    g_assert_cmpuint (data->stretches->len, ==, 1);
    g_assert_cmpfloat (g_array_index (data->stretches, CnxHtmlStretch, 0).end, ==, 2);
    g_assert_cmpfloat (data->duration, ==, 10);
  }
}

static void
test_text (void)
{
  static const struct { const char *text, *html; } cases[] = {
    {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"}, {"\xe2\x80\xaex\xe2\x81\xa6", "\xef\xbf\xbdx\xef\xbf\xbd"},
    {"\xff", "\xef\xbf\xbd"}, {"\x1b[2J", "\xef\xbf\xbd[2J"}, {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"}, {"", ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    cnx_html_append_text (out, cases[i].text);
    g_assert_cmpstr (out->str, ==, cases[i].html);
  }
}

static void
test_url (void)
{
  static const struct { const char *path, *url; } cases[] = {
    {"a.mp4", "a.mp4"}, {"100% #1 ?a=b&c;d.mp4", "100%25%20%231%20%3Fa%3Db%26c%3Bd.mp4"},
    {"/films/a b.mp4", "file:///films/a%20b.mp4"}, {"../x/a.mp4", "../x/a.mp4"}, 
    {"\xff\"'<.mp4", "%FF%22%27%3C.mp4"},
    {"javascript:alert(1)", "javascript%3Aalert%281%29"}, {"\xc3\xa9\\.mp4", "%C3%A9%5C.mp4"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *url = cnx_html_url (cases[i].path);

    g_assert_cmpstr (url, ==, cases[i].url);
  }
}

static void
test_clock (void)
{
  static const struct { double seconds; gboolean tenths; const char *text; } cases[] = {
    {0, FALSE, "0:00"}, {59.99, FALSE, "0:59"}, {59.96, TRUE, "1:00.0"}, {3599.94, TRUE, "59:59.9"},
    {3600, FALSE, "1:00:00"}, {360000.25, TRUE, "100:00:00.3"}, {-1, FALSE, "0:00"},
    {G_MAXDOUBLE, FALSE, "277777:46:40"},
    {0.0 / 0.0, TRUE, "0:00.0"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    cnx_html_append_clock (out, cases[i].seconds, cases[i].tenths);
    g_assert_cmpstr (out->str, ==, cases[i].text);
  }
}

static void
test_link (void)
{
  g_autofree char *beside = page_of ("films/a b.webm", NULL, "cat", FALSE);
  g_autofree char *elsewhere = page_of ("films/a b.webm", "../films/a b.webm", "cat", FALSE);
  g_autofree char *absolute = page_of ("films/a b.webm", "/films/a#b.webm", "cat", FALSE);
  g_autofree char *picture = page_of ("films/a b.png", NULL, "cat", TRUE);

  g_assert_nonnull (strstr (beside, "src=\"a%20b.webm\"></video>"));
  g_assert_nonnull (strstr (beside, "<a href=\"a%20b.webm#t=1\" data-t=\"1\">0:01.0</a>"));
  g_assert_nonnull (strstr (elsewhere, "src=\"../films/a%20b.webm\"></video>"));
  g_assert_nonnull (strstr (absolute, "src=\"file:///films/a%23b.webm\"></video>"));
  g_assert_nonnull (strstr (picture, "<img id=\"picture\" src=\"a%20b.png\""));
  g_assert_null (strstr (picture, "<video"));
}

/* Nothing of a page is fetched from anywhere, and its policy says so. */
static void
test_self_contained (void)
{
  g_autofree char *page = page_of ("film.webm", NULL, "cat", FALSE);
  const CnxTagPage entry = { "film.webm.labels.html", HEAD LABELS SEGMENTS };
  g_autofree char *index = cnx_tag_html_index ("films", &entry, 1);
  const char *texts[] = { page, index };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_assert_nonnull (strstr (texts[i], "content=\"default-src 'none'; base-uri 'none'; form-action 'none'; style-src "
            "'sha256-"));
    g_assert_null (strstr (texts[i], "{{"));
    g_assert_null (strstr (texts[i], "https:"));
    g_assert_cmpuint (count (texts[i], "http:"), ==, count (texts[i], "http://www.w3.org/2000/svg"));
  }
}

/* ---- out of a page ---- */

static void
test_pull (void)
{
  static const char json[] = HEAD LABELS SEGMENTS;
  g_autofree char *page = g_strconcat ("<!DOCTYPE html>", OPEN, json, CLOSE, "<p>", OPEN, "{}", CLOSE, NULL);
  g_autofree char *pulled = pull (page, NULL);

  g_assert_cmpstr (pulled, ==, json);
  /* Cut anywhere, it is whole or nothing. */
  for (gsize size = 0; size < strlen (page); size++) {
    g_autofree char *copy = g_memdup2 (page, size);
    g_autoptr (GError) error = NULL;
    g_autofree char *found = cnx_tag_html_pull (copy, size, &error);

    g_assert_true (found ? g_str_equal (found, json) : error && error->domain == CNX_ERROR);
    g_assert_true (!found == (size < strlen ("<!DOCTYPE html>" OPEN CLOSE) + strlen (json)));
  }
}

static void
test_pull_refused (void)
{
  static const struct { const char *page, *why; } cases[] = {
    {"", "there is none"}, {"<p>a page</p>", "there is none"}, {OPEN HEAD LABELS SEGMENTS, "no end"},
    {OPEN CLOSE, "empty"}, {OPEN "[]" CLOSE, "not a JSON object"}, {OPEN "{" CLOSE, "ends in the middle"},
    {OPEN HEAD LABELS "\n" SEGMENTS CLOSE, "not one line"},
    {OPEN HEAD "\"x\":\"<!--\"," LABELS SEGMENTS CLOSE, "not one line"},
    {OPEN "{\"format\":\"else\"}" CLOSE, "not of the format"}, {OPEN "{\"format\":1}" CLOSE, "not of the format"},
    {OPEN "{\"format\":\"convnext-labels\",\"version\":2}" CLOSE, "another version"},
    {OPEN "{\"format\":\"convnext-labels\",\"version\":\"1\"}" CLOSE, "another version"},
    {OPEN HEAD SEGMENTS CLOSE, "no labels"}, {OPEN HEAD "\"labels\":{}," SEGMENTS CLOSE, "no labels"},
    {OPEN HEAD "\"labels\":[1]," SEGMENTS CLOSE, "a label is not one"},
    {OPEN HEAD "\"labels\":[[]]," SEGMENTS CLOSE, "a label is not one"},
    {OPEN HEAD "\"labels\":[[null,1,1,1,1,1]]," SEGMENTS CLOSE, "a label is not one"},
    {OPEN HEAD "\"labels\":[[\"a\",1,1,\"1\",1,1]]," SEGMENTS CLOSE, "a label is not one"},
    {OPEN HEAD "\"labels\":[[\"a\",1,1,1e999,1,1]]," SEGMENTS CLOSE, "a label is not one"},
    {OPEN HEAD LABELS "\"segments\":[[2,0,1,1,1]]}" CLOSE, "a segment is not one"},
    {OPEN HEAD LABELS "\"segments\":[[-1,0,1,1,1]]}" CLOSE, "a segment is not one"},
    {OPEN HEAD LABELS "\"segments\":[[1e18,0,1,1,1]]}" CLOSE, "a segment is not one"},
    {OPEN HEAD LABELS "\"segments\":[[0,2,1,1,1]]}" CLOSE, "a segment is not one"},
    {OPEN HEAD LABELS "\"segments\":[[0,-2,1,1,1]]}" CLOSE, "a segment is not one"},
    {OPEN HEAD LABELS "\"segments\":[null]}" CLOSE, "a segment is not one"},
    {OPEN HEAD LABELS "\"segments\":null}" CLOSE, "no segments"},
    {OPEN HEAD LABELS "\"x\":[[[[[1]]]]]," SEGMENTS CLOSE, "nested deeper"},
    {OPEN HEAD "\"format\":\"convnext-labels\"," LABELS SEGMENTS CLOSE, "twice"},
    {OPEN "{\"a\":\"\xff\"}" CLOSE, "UTF-8"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (pull (cases[i].page, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, "the page's data", cases[i].why, NULL);
  }
}

static void
test_pull_large (void)
{
  g_autofree char *blank = g_strnfill (CNX_HTML_MAX_DATA, ' ');
  g_autofree char *large = g_strconcat (OPEN, HEAD, LABELS, blank, SEGMENTS, CLOSE, NULL);
  g_autofree char *open = g_strconcat (OPEN, HEAD, LABELS, blank, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (pull (large, &error));
  cnx_test_assert_message (error, "8 MiB", NULL);
  g_clear_error (&error);
  g_assert_null (pull (open, &error));
  cnx_test_assert_message (error, "8 MiB", NULL);
  blank[CNX_HTML_MAX_DATA - 1000] = '\0';
  g_autofree char *fits = g_strconcat (OPEN, HEAD, LABELS, blank, SEGMENTS, CLOSE, NULL);
  g_autofree char *json = pull (fits, NULL);
  g_assert_nonnull (json);
}

/* A picture that is none, or could hold something else, is left out; its file is not. */
static void
test_thumb (void)
{
  g_autofree char *much = g_strnfill (CNX_HTML_MAX_THUMB, 'A');
  g_autofree char *large = g_strconcat ("data:image/jpeg;base64,", much, NULL);
  const struct { const char *thumb; gboolean good; } cases[] = {
    {"data:image/jpeg;base64,/9j/4A==", TRUE}, {"data:image/jpeg;base64,", TRUE},
    {"https://example.invalid/a.jpg", FALSE},
    {"data:text/html;base64,AAAA", FALSE}, {"data:image/jpeg;base64,AA\\\"AA", FALSE}, {"", FALSE}, {large, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *json = g_strconcat ("{\"format\":\"convnext-labels\",\"version\":1,\"thumb\":\"", cases[i].thumb,
        "\"," LABELS SEGMENTS, NULL);
    g_autoptr (CnxHtmlData) data = cnx_html_data_parse (json, strlen (json), NULL);

    g_assert_nonnull (data);
    g_assert_cmpstr (data->thumb, ==, cases[i].good ? cases[i].thumb : NULL);
  }
}

/* ---- the page of a folder ---- */

/* The data of the page of a folder. */
static JsonNode *
index_data (const char *page)
{
  static const CnxJsonLimits limits = {.depth = 10,.items = 100000 };
  const char *open = strstr (page, "id=\"index\">"), *close;
  JsonNode *root;

  g_assert_nonnull (open);
  open += strlen ("id=\"index\">");
  close = strstr (open, "</script>");
  g_assert_null (memchr (open, '<', close - open));
  root = cnx_json_parse (open, close - open, &limits, "the index", NULL);
  g_assert_nonnull (root);
  return root;
}

static void
test_index (void)
{
  const CnxTagPage pages[] = {
    {"b.webm.labels.html", HEAD LABELS SEGMENTS}, {"a #1.webm.labels.html", HEAD LABELS SEGMENTS},
    {"broken.webm.labels.html", "{}"}, {"c/odd.html", HEAD LABELS "\"segments\":[]}"},
  };
  const CnxTagPage turned[] = { pages[3], pages[2], pages[1], pages[0] };
  g_autofree char *text = cnx_tag_html_index ("<films>", pages, 4);
  g_autofree char *again = cnx_tag_html_index ("<films>", turned, 4);
  g_autoptr (JsonNode) root = index_data (text);
  JsonArray *files = json_object_get_array_member (json_node_get_object (root), "files");
  JsonArray *labels = json_object_get_array_member (json_node_get_object (root), "labels");
  static const char *const names[] = { "a #1.webm", "b.webm", "c/odd.html" };
  static const char *const urls[] = { "a%20%231.webm.labels.html", "b.webm.labels.html", "c/odd.html" };

  g_assert_cmpstr (text, ==, again);
  g_assert_nonnull (strstr (text, "<h1><bdi>&lt;films&gt;</bdi></h1>"));
  g_assert_nonnull (strstr (text, "<li>3 files</li>"));
  g_assert_nonnull (strstr (text, "<li><a href=\"b.webm.labels.html\"><bdi>b.webm</bdi></a>: <bdi>cat</bdi>, "
          "<bdi>dog</bdi></li>"));
  g_assert_cmpuint (json_array_get_length (labels), ==, 2);
  g_assert_cmpuint (json_array_get_length (files), ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (files, i), "name"), ==, names[i]);
    g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (files, i), "url"), ==, urls[i]);
  }
  g_assert_nonnull (strstr (text, "\"labels\":[[0,0.4,0.6,2,[[1,3],[6,8]]],[1,0.1,0.6,1,[[2,3]]]]}"));
  g_autofree char *none = cnx_tag_html_index ("films", NULL, 0);
  g_assert_nonnull (strstr (none, "<li>0 files</li>"));
}

/* Of many segments the longest, in the order of their times. */
static void
test_index_links (void)
{
  g_autoptr (GString) json = g_string_new (HEAD LABELS "\"segments\":[");
  g_autofree char *text = NULL;
  CnxTagPage page = { "a.labels.html", NULL };

  for (int i = 0; i < 20; i++)
    g_string_append_printf (json, "%s[0,%d,%d,0.5,0.5]", i ? "," : "", 10 * i,
        10 * i + (i == 6 ? 7 : i % 3 == 0 ? 5 : 1));
  g_string_append (json, "]}");
  page.data = json->str;
  text = cnx_tag_html_index ("films", &page, 1);
  g_assert_nonnull (strstr (text, "[0,0.4,0.6,20,[[0,5],[30,35],[60,67],[90,95],[120,125],[150,155]]]"));
}

static void
test_index_hostile (void)
{
  const CnxTagPage tame = { "a.webm.labels.html", HEAD LABELS SEGMENTS };
  g_autofree char *harmless = cnx_tag_html_index ("films", &tame, 1);

  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_autofree char *path = g_strconcat (hostile[i], ".webm.labels.html", NULL);
    g_autofree char *film = page_of (path, NULL, hostile[i], FALSE);
    g_autofree char *data = pull (film, NULL);
    const CnxTagPage page = { path, data };
    g_autofree char *text = cnx_tag_html_index (hostile[i], &page, 1);
    g_autoptr (JsonNode) root = index_data (text);

    g_assert_true (g_utf8_validate (text, -1, NULL));
    /* One label fewer: <bdi></bdi>. */
    g_assert_cmpuint (count (text, "<"), ==, count (harmless, "<") - 2);
  }
}

/* ---- what is built in ---- */

static int ready;

/* Begins with all the others. */
static void
wait_for_all (int threads)
{
  g_atomic_int_inc (&ready);
  while (g_atomic_int_get (&ready) < threads);
}

static gpointer
ask_for_template (gpointer name)
{
  wait_for_all (3);
  return (gpointer) cnx_html_file (name);
}

static gpointer
ask_for_labels (gpointer data)
{
  wait_for_all (3);
  return cnx_labels_of_imagenet ();
}

/* Three threads ask first for what is built in, of two resources: in a program that has asked for nothing. */
static void
test_first_asked_for (void)
{
  if (!g_test_subprocess ()) {
    for (int i = 0; i < 20; i++) {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
    }
    return;
  }
  GThread *labels = g_thread_new ("labels", ask_for_labels, NULL);
  GThread *style = g_thread_new ("style", ask_for_template, "common.css");
  g_assert_nonnull (ask_for_template ("page.js"));
  g_assert_nonnull (g_thread_join (style));
  g_auto (GStrv) names = g_thread_join (labels);
  g_assert_cmpuint (g_strv_length (names), ==, CNX_IMAGENET_CLASSES);
}

int
main (int argc, char **argv)
{
  int status;

  if (VIPS_INIT (argv[0]) != 0)
    return 1;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag-page/hostile names and labels", test_hostile);
  g_test_add_func ("/tag-page/text", test_text);
  g_test_add_func ("/tag-page/URLs", test_url);
  g_test_add_func ("/tag-page/times", test_clock);
  g_test_add_func ("/tag-page/the way to the file", test_link);
  g_test_add_func ("/tag-page/self-contained", test_self_contained);
  g_test_add_func ("/tag-page/pulled", test_pull);
  g_test_add_func ("/tag-page/refused", test_pull_refused);
  g_test_add_func ("/tag-page/large", test_pull_large);
  g_test_add_func ("/tag-page/the small picture", test_thumb);
  g_test_add_func ("/tag-page/a folder", test_index);
  g_test_add_func ("/tag-page/links of a folder", test_index_links);
  g_test_add_func ("/tag-page/hostile in a folder", test_index_hostile);
  g_test_add_func ("/tag-page/first asked for by three threads", test_first_asked_for);
  status = g_test_run ();
  vips_shutdown ();
  return status;
}
