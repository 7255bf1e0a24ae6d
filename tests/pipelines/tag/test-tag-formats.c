/* What each format writes of a small film and a small picture, byte by byte; and that readers of the formats find in it
 * what was put in, whatever the labels hold. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "core/error.h"
#include "core/json_text.h"
#include "pipelines/tag/formats/format.h"

static const CnxTagModel model = { "every\nday --> <b>", NULL, 1000, 224, 192, "int8", "a \"CPU\"" };
static const CnxTagFacts film = { "a, film.mkv", "/films/a, film.mkv", NULL, FALSE, 1920, 1080, 30000, 1001, 12.5,
  "Matroska", "H.264", &model
};
static const CnxTagFacts picture = { "cat.jpg", "/cat.jpg", NULL, TRUE, 640, 480, 0, 1, -1, NULL, NULL, &model };

/* What a model's labels may be; each must come back as it is, or with U+FFFD for what is no UTF-8. */
static const char *const hostile[] = {
  "golden retriever", "a \"quoted\" one", "two\nlines\r\nand\ta tab", "a & b < c > d", "--> ]]> </rdf:li>",
  "not \xff\xfe UTF-8", "\xe2\x80\xae" "desrever\xe2\x80\xac", "", "=1+1", "@x", "-2", " spaces ", "\\back\\slash",
  "\x01\x02\x7f", "\xe2\x80\xa8line\xe2\x80\xa9paragraph", ",", "\"", "a\rb", "\xf0\x9f\x90\xb6", "{\\an8}<i>tag</i>",
};

/* All of @format's parts, for @n classifications. */
static char *
write_all (const CnxTagFormat * format, const CnxTagFacts * facts, guint n, const CnxTagSample * samples,
    const CnxTagReport * report)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (format->begin)
    format->begin (out, facts);
  for (guint i = 0; i < n && format->sample; i++)
    format->sample (out, facts, &samples[i]);
  if (format->end) {
    g_assert_true (format->end (out, facts, report, &error));
    g_assert_no_error (error);
  }
  return g_string_free (out, FALSE);
}

static char *
write_samples (const CnxTagFormat * format, const CnxTagFacts * facts, guint n, const CnxTagSample * samples)
{
  g_assert_null (format->end);
  return write_all (format, facts, n, samples, NULL);
}

static char *
write_segments (const CnxTagFormat * format, const CnxTagFacts * facts, guint n, const CnxSegment * list)
{
  g_autoptr (GArray) segments = g_array_new (FALSE, FALSE, sizeof (CnxSegment));
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (CnxShare));

  for (guint i = 0; i < n; i++) {
    const CnxShare share = { list[i].id, list[i].label, list[i].end - list[i].start, 0.25, list[i].mean, list[i].peak };
    g_array_append_val (segments, list[i]);
    g_array_append_val (shares, share);
  }
  const CnxTagReport report = {.segments = segments,.shares = shares,.samples = 3,.complete = TRUE };
  return write_all (format, facts, 0, NULL, &report);
}

static const CnxMetaLabel two[] = { {207, "golden \"retriever\"", 0.87654321}, {5, "ball, red", 1e-7} };
static const CnxTagSample samples[] = { {0, 0, 2, two}, {1.0000004, 25, 0, NULL}, {3600.5, -1, 1, two} };

/* ---- numbers, names, the table ---- */

static void
test_numbers (void)
{
  static const struct
  {
    double value;
    int digits;
    const char *expected;
  } cases[] = {
    {0, 6, "0"}, {-0.0, 6, "0"}, {1, 6, "1"}, {100, 0, "100"}, {-1.5, 6, "-1.5"}, {0.1, 6, "0.1"}, {1e-5, 6, "0.00001"},
    {1e-7, 6, "0"}, {-1e-7, 6, "0"}, {2.0 / 3, 6, "0.666667"}, {1.25, 1, "1.2"}, {29.97, 2, "29.97"}, {0.5, 0, "0"},
    {1e20, 6, "100000000000000000000"}, {NAN, 6, "null"}, {INFINITY, 6, "null"}, {-INFINITY, 0, "null"},
    {0.1 + 0.2, 99, "0.3"}, {12, -5, "12"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) out = g_string_new ("<");
    cnx_json_append_number (out, cases[i].value, cases[i].digits);
    g_assert_cmpstr (out->str + 1, ==, cases[i].expected);
  }
  g_autoptr (GString) long_one = g_string_new (NULL);
  cnx_json_append_number (long_one, -G_MAXDOUBLE, 15);
  g_assert_cmpuint (long_one->len, ==, 310);
  g_assert_cmpfloat (g_ascii_strtod (long_one->str, NULL), ==, -G_MAXDOUBLE);
}

static void
test_names (void)
{
  static const struct
  {
    const CnxTagFormat *format;
    const char *name, *expected;
  } cases[] = {
    {&cnx_tag_jsonl, "film.mkv", "film.mkv.labels.jsonl"}, {&cnx_tag_csv, "film", "film.labels.csv"},
    {&cnx_tag_json, "cat.jpg", "cat.jpg.labels.json"}, {&cnx_tag_xmp, "cat.jpg", "cat.jpg.xmp"},
    {&cnx_tag_srt, "film.mp4", "film.srt"}, {&cnx_tag_vtt, "a.b.mp4", "a.b.vtt"}, {&cnx_tag_srt, "film", "film.srt"},
    {&cnx_tag_srt, ".film", ".film.srt"}, {&cnx_tag_srt, "..mp4", "..srt"}, {&cnx_tag_srt, "", ".srt"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = cnx_tag_format_output_name (cases[i].format, cases[i].name);
    g_assert_cmpstr (name, ==, cases[i].expected);
  }
}

static void
test_find (void)
{
  static const char *const names[] = { "jsonl", "csv", "json", "vtt", "srt", "xmp", "html" };
  g_autoptr (GError) error = NULL, unprintable = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpstr (cnx_tag_format_find (names[i], NULL)->name, ==, names[i]);
  g_assert_null (cnx_tag_format_find ("JSON", &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_assert_cmpstr (error->message, ==, "there is no format 'JSON': it is jsonl, csv, json, vtt, srt, xmp or html");
  g_assert_null (cnx_tag_format_find ("\x1b[2J", &unprintable));
  g_assert_null (strchr (unprintable->message, '\x1b'));
  g_assert_true (cnx_tag_vtt.films_only && cnx_tag_srt.films_only && !cnx_tag_json.films_only);
  g_assert_true (cnx_tag_xmp.merges && !cnx_tag_json.merges);
}

/* ---- lines ---- */

static void
test_jsonl (void)
{
  g_autofree char *text = write_samples (&cnx_tag_jsonl, &film, 3, samples);

  g_assert_cmpstr (text, ==,
      "{\"file\": \"a, film.mkv\", \"time\": 0, \"frame\": 0, \"labels\": [{\"id\": 207, \"label\": \"golden "
      "\\\"retriever\\\"\", \"confidence\": 0.876543}, {\"id\": 5, \"label\": \"ball, red\", \"confidence\": 0}]}\n"
      "{\"file\": \"a, film.mkv\", \"time\": 1, \"frame\": 25, \"labels\": []}\n"
      "{\"file\": \"a, film.mkv\", \"time\": 3600.5, \"frame\": null, \"labels\": [{\"id\": 207, \"label\": \"golden "
      "\\\"retriever\\\"\", \"confidence\": 0.876543}]}\n");
}

static void
test_csv (void)
{
  g_autofree char *text = write_samples (&cnx_tag_csv, &film, 3, samples);

  g_assert_cmpstr (text, ==,
      "file,time,frame,rank,id,label,confidence\r\n"
      "\"a, film.mkv\",0,0,1,207,\"golden \"\"retriever\"\"\",0.876543\r\n"
      "\"a, film.mkv\",0,0,2,5,\"ball, red\",0\r\n"
      "\"a, film.mkv\",1,25,,,,\r\n"
      "\"a, film.mkv\",3600.5,,1,207,\"golden \"\"retriever\"\"\",0.876543\r\n");
}

static void
hostile_labels (CnxMetaLabel * labels)
{
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    labels[i] = (CnxMetaLabel) { i, hostile[i], i % 2 ? 0.5 : NAN };
}

static void
test_jsonl_hostile (void)
{
  CnxMetaLabel labels[G_N_ELEMENTS (hostile)];
  const CnxTagSample sample = { INFINITY, 0, G_N_ELEMENTS (hostile), labels };
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  hostile_labels (labels);
  g_autofree char *text = write_samples (&cnx_tag_jsonl, &film, 1, &sample);
  g_assert_true (strchr (text, '\n') == text + strlen (text) - 1);
  g_assert_true (json_parser_load_from_data (parser, text, -1, &error));
  JsonObject *line = json_node_get_object (json_parser_get_root (parser));
  g_assert_true (json_object_get_null_member (line, "time"));
  JsonArray *found = json_object_get_array_member (line, "labels");
  g_assert_cmpuint (json_array_get_length (found), ==, G_N_ELEMENTS (hostile));
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    JsonObject *label = json_array_get_object_element (found, i);
    g_autofree char *valid = g_utf8_make_valid (hostile[i], -1);

    g_assert_cmpint (json_object_get_int_member (label, "id"), ==, i);
    g_assert_cmpstr (json_object_get_string_member (label, "label"), ==, valid);
    g_assert_true (i % 2 ? json_object_get_double_member (label, "confidence") == 0.5 :
        json_object_get_null_member (label, "confidence"));
  }
}

/* Python's reader of CSV gives the labels back as JSON. */
static void
test_csv_hostile (void)
{
  static const char script[] = "import csv, io, json, sys\n"
      "text = sys.stdin.buffer.read().decode()\n"
      "rows = list(csv.DictReader(io.StringIO(text, newline=''), strict=True))\n"
      "assert all(None not in row and None not in row.values() for row in rows)\n"
      "print(json.dumps([[row['id'], row['label'], row['confidence'], row['time']] for row in rows]))\n";
  CnxMetaLabel labels[G_N_ELEMENTS (hostile)];
  const CnxTagSample sample = { 1.5, 3, G_N_ELEMENTS (hostile), labels };
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL;

  hostile_labels (labels);
  g_autofree char *text = write_samples (&cnx_tag_csv, &film, 1, &sample);
  g_autoptr (GSubprocess) python = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
      &error, "python3", "-c", script, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (python, text, NULL, &out, NULL, &error));
  g_assert_true (g_subprocess_get_successful (python));
  g_assert_true (json_parser_load_from_data (parser, out, -1, &error));
  JsonArray *rows = json_node_get_array (json_parser_get_root (parser));
  g_assert_cmpuint (json_array_get_length (rows), ==, G_N_ELEMENTS (hostile));
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    JsonArray *row = json_array_get_array_element (rows, i);
    g_autofree char *valid = g_utf8_make_valid (hostile[i], -1), *id = g_strdup_printf ("%u", i);

    g_assert_cmpstr (json_array_get_string_element (row, 0), ==, id);
    g_assert_cmpstr (json_array_get_string_element (row, 1), ==, valid);
    g_assert_cmpstr (json_array_get_string_element (row, 2), ==, i % 2 ? "0.5" : "");
    g_assert_cmpstr (json_array_get_string_element (row, 3), ==, "1.5");
  }
}

/* ---- json ---- */

static void
test_json (void)
{
  const CnxSegment list[] = { {207, "dog", 0, 2.5, 0.5, 0.75}, {5, "a \"ball\"", 1, 12.5, 1, 1} };
  g_autofree char *text = write_segments (&cnx_tag_json, &film, 2, list);

  g_assert_cmpstr (text, ==,
      "{\n"
      "  \"file\": \"a, film.mkv\",\n"
      "  \"type\": \"video\",\n"
      "  \"width\": 1920,\n"
      "  \"height\": 1080,\n"
      "  \"frame_rate\": 29.97003,\n"
      "  \"duration\": 12.5,\n"
      "  \"container\": \"Matroska\",\n"
      "  \"codec\": \"H.264\",\n"
      "  \"model\": {\n"
      "    \"name\": \"every\\nday --> <b>\",\n"
      "    \"variant\": null,\n"
      "    \"classes\": 1000,\n"
      "    \"width\": 224,\n"
      "    \"height\": 192,\n"
      "    \"precision\": \"int8\",\n"
      "    \"device\": \"a \\\"CPU\\\"\"\n"
      "  },\n"
      "  \"classifications\": 3,\n"
      "  \"complete\": true,\n"
      "  \"summary\": [\n"
      "    {\"id\": 207, \"label\": \"dog\", \"seconds\": 2.5, \"share\": 0.25, \"mean\": 0.5, \"peak\": 0.75},\n"
      "    {\"id\": 5, \"label\": \"a \\\"ball\\\"\", \"seconds\": 11.5, \"share\": 0.25, \"mean\": 1, \"peak\": 1}\n"
      "  ],\n"
      "  \"segments\": [\n"
      "    {\"id\": 207, \"label\": \"dog\", \"start\": 0, \"end\": 2.5, \"mean\": 0.5, \"peak\": 0.75},\n"
      "    {\"id\": 5, \"label\": \"a \\\"ball\\\"\", \"start\": 1, \"end\": 12.5, \"mean\": 1, \"peak\": 1}\n"
      "  ]\n"
      "}\n");
}

/* Nothing is known, nothing is found, and it was broken off. */
static void
test_json_unknown (void)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, 1);
  const CnxTagReport report = {.segments = none,.shares = none,.samples = 0,.complete = FALSE };
  CnxTagFacts facts = picture;
  facts.model = NULL;
  facts.width = 0;
  g_autofree char *text = write_all (&cnx_tag_json, &facts, 0, NULL, &report);

  g_assert_cmpstr (text, ==,
      "{\n"
      "  \"file\": \"cat.jpg\",\n"
      "  \"type\": \"picture\",\n"
      "  \"width\": null,\n"
      "  \"height\": 480,\n"
      "  \"frame_rate\": null,\n"
      "  \"duration\": null,\n"
      "  \"container\": null,\n"
      "  \"codec\": null,\n"
      "  \"model\": null,\n"
      "  \"classifications\": 0,\n"
      "  \"complete\": false,\n"
      "  \"summary\": [],\n"
      "  \"segments\": []\n"
      "}\n");
}

static void
test_json_hostile (void)
{
  CnxSegment list[G_N_ELEMENTS (hostile)];
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  CnxTagFacts facts = film;

  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    list[i] = (CnxSegment) { i, hostile[i], i, NAN, INFINITY, 1 };
  facts.duration = NAN;
  facts.codec = "\xff";
  g_autofree char *text = write_segments (&cnx_tag_json, &facts, G_N_ELEMENTS (hostile), list);
  g_assert_true (json_parser_load_from_data (parser, text, -1, &error));
  JsonObject *root = json_node_get_object (json_parser_get_root (parser));
  g_assert_true (json_object_get_null_member (root, "duration"));
  g_assert_cmpstr (json_object_get_string_member (root, "codec"), ==, "\xef\xbf\xbd");
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    JsonObject *segment = json_array_get_object_element (json_object_get_array_member (root, "segments"), i);
    JsonObject *share = json_array_get_object_element (json_object_get_array_member (root, "summary"), i);
    g_autofree char *valid = g_utf8_make_valid (hostile[i], -1);

    g_assert_cmpstr (json_object_get_string_member (segment, "label"), ==, valid);
    g_assert_cmpstr (json_object_get_string_member (share, "label"), ==, valid);
    g_assert_true (json_object_get_null_member (segment, "end") && json_object_get_null_member (segment, "mean"));
    g_assert_cmpint (json_object_get_int_member (segment, "start"), ==, i);
  }
}

/* ---- subtitles ---- */

/* They overlap, one begins where another ends, one is too short for milliseconds, one is later than 99 hours. */
static const CnxSegment overlapping[] = {
  {1, "dog", 0.5, 4, 0.874, 1}, {2, "cat", 2, 3, 0.995, 1}, {4, "flash", 2.0001, 2.0002, 1, 1},
  {3, "ball & <chain>", 3, 5.0004, 0.01, 1}, {5, "late", 360000.0125, 360061.5, 0.5, 1},
};

static void
test_vtt (void)
{
  g_autofree char *text = write_segments (&cnx_tag_vtt, &film, G_N_ELEMENTS (overlapping), overlapping);

  g_assert_cmpstr (text, ==,
      "WEBVTT\n\n"
      "NOTE Labels of the model every day --&gt; &lt;b&gt;\n\n"
      "00:00:00.500 --> 00:00:02.000\ndog 87 %\n\n"
      "00:00:02.000 --> 00:00:03.000\ncat 100 %\ndog 87 %\n\n"
      "00:00:03.000 --> 00:00:04.000\ndog 87 %\nball &amp; &lt;chain&gt; 1 %\n\n"
      "00:00:04.000 --> 00:00:05.000\nball &amp; &lt;chain&gt; 1 %\n\n"
      "100:00:00.013 --> 100:01:01.500\nlate 50 %\n\n");
}

static void
test_srt (void)
{
  g_autofree char *text = write_segments (&cnx_tag_srt, &film, G_N_ELEMENTS (overlapping), overlapping);

  g_assert_cmpstr (text, ==,
      "1\n00:00:00,500 --> 00:00:02,000\ndog 87 %\n\n"
      "2\n00:00:02,000 --> 00:00:03,000\ncat 100 %\ndog 87 %\n\n"
      "3\n00:00:03,000 --> 00:00:04,000\ndog 87 %\nball & \xe2\x80\xb9" "chain\xe2\x80\xba 1 %\n\n"
      "4\n00:00:04,000 --> 00:00:05,000\nball & \xe2\x80\xb9" "chain\xe2\x80\xba 1 %\n\n"
      "5\n100:00:00,013 --> 100:01:01,500\nlate 50 %\n\n");
}

/* One cue a label, so that each can be seen: two lines, in UTF-8, and nothing that a player takes for its own. */
static void
check_cues (const CnxTagFormat * format, const char *forbidden)
{
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    const CnxSegment segment = { 17, hostile[i], 1, 2, 0.5, 0.5 };
    g_autofree char *text = write_segments (format, &film, 1, &segment);
    const char *cue = strstr (text, " --> ");
    g_auto (GStrv) lines = g_strsplit (cue, "\n", -1);

    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_null (strstr (cue + 1, " --> "));
    g_assert_cmpuint (g_strv_length (lines), ==, 4);
    g_assert_true (g_str_has_suffix (lines[1], " 50 %"));
    g_assert_cmpint (lines[1][0], !=, ' ');
    g_assert_null (strpbrk (lines[1], forbidden));
    g_assert_cmpstr (lines[2], ==, "");
    g_assert_cmpstr (lines[3], ==, "");
    g_assert_null (strstr (lines[1], "\xe2\x80\xae"));
    if (!*hostile[i])
      g_assert_cmpstr (lines[1], ==, "class 17 50 %");
  }
}

static void
test_subtitles_hostile (void)
{
  check_cues (&cnx_tag_vtt, "<>\r\t\x01\x7f");
  check_cues (&cnx_tag_srt, "<>{}\r\t\x01\x7f");
}

static void
test_subtitles_long (void)
{
  g_autofree char *label = g_strnfill (100000, 'x');
  const CnxSegment segment = { 1, label, 1, 2, 0.5, 0.5 };
  g_autofree char *text = write_segments (&cnx_tag_srt, &film, 1, &segment);

  g_assert_cmpuint (strlen (text), ==, strlen ("1\n00:00:01,000 --> 00:00:02,000\n") + 100000 + strlen (" 50 %\n\n"));
}

/* Whatever is shown together: cues follow each other, and each label is in just those of its own time. */
static void
test_subtitles_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint run = 0; run < 300; run++) {
    CnxSegment list[8];
    gboolean shown[8][100] = { 0 }, wanted[8][100] = { 0 };
    int start = 0;

    for (guint i = 0; i < 8; i++) {
      start += g_rand_int_range (random, 0, 6);
      const int end = start + g_rand_int_range (random, 0, 20);
      list[i] = (CnxSegment) { i, (const char *[]) { "a", "b", "c", "d", "e", "f", "g", "h"}[i], start / 1000.0,
        end / 1000.0, 0.5, 0.5
      };
      for (int t = start; t < end; t++)
        wanted[i][t] = TRUE;
    }
    g_autofree char *text = write_segments (&cnx_tag_srt, &film, 8, list);
    int last = 0, number, from, to, read;
    for (const char *at = text; *at; at++) {
      g_assert_cmpint (sscanf (at, "%d\n00:00:00,%d --> 00:00:00,%d\n%n", &number, &from, &to, &read), ==, 3);
      g_assert_true (last <= from && from < to && to < 100);
      last = to;
      for (at += read; *at != '\n'; at = strchr (at, '\n') + 1)
        for (int t = from; t < to; t++)
          shown[*at - 'a'][t] = TRUE;
    }
    g_assert_cmpmem (shown, sizeof shown, wanted, sizeof wanted);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/numbers", test_numbers);
  g_test_add_func ("/formats/names", test_names);
  g_test_add_func ("/formats/find", test_find);
  g_test_add_func ("/formats/jsonl", test_jsonl);
  g_test_add_func ("/formats/jsonl-hostile", test_jsonl_hostile);
  g_test_add_func ("/formats/csv", test_csv);
  g_test_add_func ("/formats/csv-hostile", test_csv_hostile);
  g_test_add_func ("/formats/json", test_json);
  g_test_add_func ("/formats/json-unknown", test_json_unknown);
  g_test_add_func ("/formats/json-hostile", test_json_hostile);
  g_test_add_func ("/formats/vtt", test_vtt);
  g_test_add_func ("/formats/srt", test_srt);
  g_test_add_func ("/formats/subtitles-hostile", test_subtitles_hostile);
  g_test_add_func ("/formats/subtitles-long", test_subtitles_long);
  g_test_add_func ("/formats/subtitles-random", test_subtitles_random);
  return g_test_run ();
}
