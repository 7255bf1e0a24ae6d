/* XMP sidecars: new ones, and those that other programs wrote, which must stay what they are but for the keywords. */
#include <string.h>

#include "core/error.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/formats/xml_place.h"

#define RDF_DECLARED "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
#define DC_DECLARED "xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
/* A sidecar around one rdf:Description's inside. */
#define SIDECAR(inside) "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n <rdf:RDF " RDF_DECLARED ">\n" inside \
    " </rdf:RDF>\n</x:xmpmeta>\n"
#define DESCRIPTION(inside) SIDECAR ("  <rdf:Description rdf:about=\"\" " DC_DECLARED ">\n" inside \
    "  </rdf:Description>\n")

/* The same on one line. */
#define ON_ONE_LINE(inside) SIDECAR ("  <rdf:Description " DC_DECLARED " rdf:about=\"\">" inside "</rdf:Description>\n")

static const char *const no_labels[] = { NULL };
static const char *const two_labels[] = { "golden retriever", "R & B <\"1\">", NULL };

/* @existing may be NULL. On failure NULL, and nothing is written. */
static GBytes *
merge_bytes (GBytes * existing, const char *const *labels, GError ** error)
{
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (CnxShare));
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, 1);
  g_autoptr (GString) out = g_string_new ("before");
  const CnxTagFacts facts = {.file = "/home/me/cat.jpg",.is_picture = TRUE };

  for (int i = 0; labels[i]; i++) {
    const CnxShare share = {.id = i,.label = labels[i],.share = 1 };
    g_array_append_val (shares, share);
  }
  const CnxTagReport report = {.segments = none,.shares = shares,.samples = 1,.complete = TRUE,.existing = existing };
  if (cnx_tag_xmp.end (out, &facts, &report, error))
    return g_bytes_new (out->str + 6, out->len - 6);
  g_assert_cmpstr (out->str, ==, "before");
  return NULL;
}

static char *
merge (const char *existing, const char *const *labels)
{
  g_autoptr (GBytes) bytes = existing ? g_bytes_new (existing, strlen (existing)) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) merged = merge_bytes (bytes, labels, &error);

  g_assert_no_error (error);
  /* what has every keyword stays as it is */
  g_autoptr (GBytes) again = merge_bytes (merged, labels, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (again, merged));
  return g_strndup (g_bytes_get_data (merged, NULL), g_bytes_get_size (merged));
}

/* @text with @added before @mark. */
static char *
put (const char *text, const char *mark, const char *added)
{
  const char *at = strstr (text, mark);

  g_assert_nonnull (at);
  return g_strdup_printf ("%.*s%s%s", (int) (at - text), text, added, at);
}

/* Only @added is new, before @mark. */
static void
check_added (const char *existing, const char *mark, const char *added)
{
  g_autofree char *merged = merge (existing, two_labels), *expected = put (existing, mark, added);

  g_assert_cmpstr (merged, ==, expected);
}

static void
check_refused (const char *existing, gssize length, const char *message)
{
  const gsize size = length < 0 ? strlen (existing) : (gsize) length;
  g_autoptr (GBytes) bytes = g_bytes_new (existing, size);
  g_autoptr (GError) error = NULL;

  g_assert_null (merge_bytes (bytes, two_labels, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  g_assert_true (g_str_has_prefix (error->message, "'cat.jpg.xmp': "));
  g_assert_cmpuint (strlen (error->message), <, 400);
  if (!strstr (error->message, message))
    g_error ("'%s' does not say '%s'", error->message, message);
}

/* As a run does it that comes after one which added @former; *@ours: what it notes, with commas. */
static char *
merge_again (const char *existing, const char *const *former, const char *const *labels, char **ours)
{
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (CnxShare));
  g_autoptr (GPtrArray) keywords = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) bytes = g_bytes_new (existing, strlen (existing));
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  const CnxTagFacts facts = {.file = "cat.jpg",.is_picture = TRUE };
  const CnxTagReport report = {.shares = shares,.existing = bytes,.former = (char **) former,.keywords = keywords };

  for (int i = 0; labels[i]; i++) {
    const CnxShare share = {.id = i,.label = labels[i],.share = 1 };
    g_array_append_val (shares, share);
  }
  g_assert_true (cnx_tag_xmp.end (out, &facts, &report, &error));
  g_assert_no_error (error);
  g_ptr_array_add (keywords, NULL);
  *ours = g_strjoinv (",", (char **) keywords->pdata);
  return g_strdup (out->str);
}

#define ITEM_1 "<rdf:li>golden retriever</rdf:li>"
#define ITEM_2 "<rdf:li>R &amp; B &lt;\"1\"&gt;</rdf:li>"

static void
test_new (void)
{
  g_autofree char *empty = merge (NULL, no_labels), *two = merge (NULL, two_labels);

  g_assert_cmpstr (two, ==,
      "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
      " <rdf:RDF " RDF_DECLARED ">\n"
      "  <rdf:Description rdf:about=\"\">\n"
      "   <dc:subject " DC_DECLARED ">\n"
      "    <rdf:Bag>\n"
      "     " ITEM_1 "\n"
      "     " ITEM_2 "\n"
      "    </rdf:Bag>\n"
      "   </dc:subject>\n"
      "  </rdf:Description>\n"
      " </rdf:RDF>\n"
      "</x:xmpmeta>\n"
      "<?xpacket end=\"w\"?>\n");
  g_assert_nonnull (strstr (empty, "  <rdf:Description rdf:about=\"\"/>\n"));
  g_autofree char *later = merge (empty, two_labels);
  g_assert_cmpstr (later, ==, two);
}

/* As darktable writes it: no packet, all that is simple as attributes, its history as structures. */
static const char darktable[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"XMP Core 4.4.0-Exiv2\">\n"
    " <rdf:RDF " RDF_DECLARED ">\n"
    "  <rdf:Description rdf:about=\"\"\n"
    "    xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n"
    "    " DC_DECLARED "\n"
    "    xmlns:lr=\"http://ns.adobe.com/lightroom/1.0/\"\n"
    "    xmlns:darktable=\"http://darktable.sf.net/\"\n"
    "   xmp:Rating=\"3\"\n"
    "   darktable:xmp_version=\"5\"\n"
    "   darktable:history_end=\"2\">\n"
    "   <darktable:history>\n"
    "    <rdf:Seq>\n"
    "     <rdf:li\n"
    "      darktable:num=\"0\"\n"
    "      darktable:operation=\"exposure\"\n"
    "      darktable:params=\"00&gt;00=\"/>\n"
    "    </rdf:Seq>\n"
    "   </darktable:history>\n"
    "   <dc:subject>\n"
    "    <rdf:Bag>\n"
    "     <rdf:li>darktable</rdf:li>\n"
    "     <rdf:li>Sommer &amp; See</rdf:li>\n"
    "    </rdf:Bag>\n"
    "   </dc:subject>\n"
    "   <lr:hierarchicalSubject>\n"
    "    <rdf:Bag>\n"
    "     <rdf:li>darktable|exported</rdf:li>\n"
    "    </rdf:Bag>\n"
    "   </lr:hierarchicalSubject>\n"
    "  </rdf:Description>\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n";

/* As digiKam and others may: other quotes and line ends, lists on one line, and what looks like the list's end in a
 * comment, in a value and in CDATA. */
static const char digikam[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\r\n"
    "<!-- <dc:subject> -->\r\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"XMP Core 5.5.0\">\r\n"
    "  <rdf:RDF " RDF_DECLARED ">\r\n"
    "    <rdf:Description rdf:about='' xmlns:digiKam=\"http://www.digikam.org/ns/1.0/\" " DC_DECLARED "\r\n"
    "        digiKam:PickLabel=\"0\" digiKam:note=\"a > b\">\r\n"
    "      <digiKam:TagsList><rdf:Seq><rdf:li>Tiere/Hund</rdf:li></rdf:Seq></digiKam:TagsList>\r\n"
    "      <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\"><![CDATA[</rdf:Alt> <b>]]></rdf:li></rdf:Alt>"
    "</dc:title>\r\n"
    "      <dc:subject>\r\n"
    "        <rdf:Seq><rdf:li>Hund</rdf:li></rdf:Seq>\r\n"
    "      </dc:subject>\r\n"
    "    </rdf:Description>\r\n"
    "  </rdf:RDF>\r\n"
    "</x:xmpmeta>\r\n"
    "                                        \r\n"
    "<?xpacket end=\"w\"?>";

/* As Lightroom does: one tag with all that is simple, and structures behind it. No keyword so far. */
static const char lightroom[] =
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        \">\n"
    " <rdf:RDF " RDF_DECLARED ">\n"
    "  <rdf:Description rdf:about=\"\"\n"
    "    xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\"\n"
    "    xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\"\n"
    "    xmlns:stEvt=\"http://ns.adobe.com/xap/1.0/sType/ResourceEvent#\"\n"
    "    " DC_DECLARED "\n"
    "    xmlns:crs=\"http://ns.adobe.com/camera-raw-settings/1.0/\"\n"
    "   tiff:Make=\"Canon\"\n"
    "   dc:format=\"image/x-canon-cr2\"\n"
    "   crs:WhiteBalance=\"As Shot\">\n"
    "   <xmpMM:History>\n"
    "    <rdf:Seq>\n"
    "     <rdf:li\n"
    "      stEvt:action=\"saved\"\n"
    "      stEvt:changed=\"/metadata\"/>\n"
    "    </rdf:Seq>\n"
    "   </xmpMM:History>\n"
    "  </rdf:Description>\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n";

static char *
with_crlf (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  return g_strjoinv ("\r\n", lines);
}

/* Those of the other system's programs. */
static void
test_line_ends (void)
{
  g_autofree char *existing = with_crlf (lightroom);
  g_autofree char *added = with_crlf ("\n   <dc:subject>\n    <rdf:Bag>\n     " ITEM_1 "\n     " ITEM_2
      "\n    </rdf:Bag>\n   </dc:subject>");

  check_added (existing, "\r\n  </rdf:Description>", added);
}

static void
test_programs (void)
{
  check_added (darktable, "\n    </rdf:Bag>\n   </dc:subject>", "\n     " ITEM_1 "\n     " ITEM_2);
  check_added (digikam, "</rdf:Seq>\r\n      </dc:subject>", ITEM_1 ITEM_2);
  check_added (lightroom, "\n  </rdf:Description>", "\n   <dc:subject>\n    <rdf:Bag>\n     " ITEM_1 "\n     " ITEM_2
      "\n    </rdf:Bag>\n   </dc:subject>");
}

/* What is there already is not added: whatever its spelling in XML, the white space around it, or its accents' form. */
static void
test_known (void)
{
  static const char existing[] = DESCRIPTION ("<dc:subject><rdf:Bag><rdf:li> R &#38; B\n &lt;&quot;1\"> </rdf:li>"
      "<rdf:li>caf\xc3\xa9</rdf:li><rdf:li><![CDATA[<a>]]></rdf:li></rdf:Bag></dc:subject>\n");
  static const char *const labels[] = { "R & B <\"1\">", "cafe\xcc\x81", "<a>", NULL };
  static const char *const more[] = { "<a>", "b", "b", "", "CAF\xc3\x89", "\xe2\x91\xa0", "1", NULL };
  g_autofree char *same = merge (existing, labels), *added = merge (existing, more);
  g_autofree char *expected = put (existing, "</rdf:Bag>", "<rdf:li>b</rdf:li><rdf:li>class 3</rdf:li>"
      "<rdf:li>CAF\xc3\x89</rdf:li><rdf:li>\xe2\x91\xa0</rdf:li><rdf:li>1</rdf:li>");

  g_assert_cmpstr (same, ==, existing);
  g_assert_cmpstr (added, ==, expected);
}

/* ---- shapes of dc:subject and of what is around it ---- */

#define ITEMS_INLINE ITEM_1 ITEM_2

static void
test_subjects (void)
{
  check_added (ON_ONE_LINE ("<dc:subject><rdf:Bag></rdf:Bag></dc:subject>"), "</rdf:Bag>", ITEMS_INLINE);
  check_added (ON_ONE_LINE ("<dc:subject><rdf:Alt><rdf:li xml:lang='en'>a</rdf:li></rdf:Alt></dc:subject>"),
      "</rdf:Alt>", ITEMS_INLINE);
  check_added (DESCRIPTION ("   <dc:subject>\n    <rdf:Bag>\n    </rdf:Bag>\n   </dc:subject>\n"), "\n    </rdf:Bag>",
      "\n     " ITEM_1 "\n     " ITEM_2);
  check_added (ON_ONE_LINE ("<dc:subject></dc:subject>"), "</dc:subject>", "<rdf:Bag>" ITEMS_INLINE "</rdf:Bag>");
  check_added (DESCRIPTION ("   <dc:subject></dc:subject>\n"), "</dc:subject>",
      "\n    <rdf:Bag>\n     " ITEM_1 "\n     " ITEM_2 "\n    </rdf:Bag>\n   ");
  check_added (DESCRIPTION ("   <dc:subject> <!-- none --> </dc:subject>\n"), " <!--",
      "\n    <rdf:Bag>\n     " ITEM_1 "\n     " ITEM_2 "\n    </rdf:Bag>\n   ");
  /* in the first of two */
  check_added (ON_ONE_LINE ("<dc:subject><rdf:Bag></rdf:Bag></dc:subject>"
          "<dc:subject><rdf:Seq></rdf:Seq></dc:subject>"), "</rdf:Bag>", ITEMS_INLINE);
}

/* Those whose tag must be opened, or whose text becomes an item. */
static void
test_subjects_changed (void)
{
  g_autofree char *subject = merge (ON_ONE_LINE ("<dc:subject />"), two_labels);
  g_autofree char *bag = merge (DESCRIPTION ("    <dc:subject>\n     <rdf:Bag/>\n    </dc:subject>\n"), two_labels);
  g_autofree char *text = merge (ON_ONE_LINE ("<dc:subject>a &amp; b</dc:subject>"), two_labels);

  g_assert_cmpstr (subject, ==, ON_ONE_LINE ("<dc:subject ><rdf:Bag>" ITEMS_INLINE "</rdf:Bag></dc:subject>"));
  g_assert_cmpstr (bag, ==, DESCRIPTION ("    <dc:subject>\n     <rdf:Bag>\n      " ITEM_1 "\n      " ITEM_2
          "\n     </rdf:Bag>\n    </dc:subject>\n"));
  g_assert_cmpstr (text, ==, ON_ONE_LINE ("<dc:subject><rdf:Bag><rdf:li>a &amp; b</rdf:li>" ITEMS_INLINE
          "</rdf:Bag></dc:subject>"));
}

#define SUBJECT_INLINE "<dc:subject " DC_DECLARED "><rdf:Bag>" ITEMS_INLINE "</rdf:Bag></dc:subject>"
#define SUBJECT_LINES(tag) "\n   <" tag ">\n    <rdf:Bag>\n     " ITEM_1 "\n     " ITEM_2 \
    "\n    </rdf:Bag>\n   </dc:subject>"

static void
test_descriptions (void)
{
  g_autofree char *short_hand = merge (SIDECAR ("  <rdf:Description rdf:about='' xmlns:a='u:a' a:b='/>'/>\n"),
      two_labels);

  g_assert_cmpstr (short_hand, ==, SIDECAR ("  <rdf:Description rdf:about='' xmlns:a='u:a' a:b='/>'>" SUBJECT_LINES
          ("dc:subject " DC_DECLARED) "\n  </rdf:Description>\n"));
  /* none at all: with the others' prefix, or where that is none, with its own */
  check_added (SIDECAR ("  "), "\n   </rdf:RDF>", "\n  <rdf:Description rdf:about=\"\">" SUBJECT_LINES ("dc:subject "
          DC_DECLARED) "\n  </rdf:Description>");
  g_autofree char *root = merge ("<rdf:RDF " RDF_DECLARED "/>", two_labels);
  g_assert_cmpstr (root, ==, "<rdf:RDF " RDF_DECLARED "><rdf:Description rdf:about=\"\">" SUBJECT_INLINE
      "</rdf:Description></rdf:RDF>");
  g_autofree char *bare = merge ("<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'></RDF>", two_labels);
  g_assert_nonnull (strstr (bare, "#'><Description " RDF_DECLARED " rdf:about=\"\"><dc:subject " DC_DECLARED
          "><Bag><li>golden retriever</li>"));
  /* the second one has dc; the third one would, too */
  check_added (SIDECAR ("  <rdf:Description rdf:about=\"\"/>\n"
          "  <rdf:Description rdf:about=\"\" " DC_DECLARED ">\n   <dc:format>x</dc:format>\n  </rdf:Description>\n"
          "  <rdf:Description rdf:about=\"\" " DC_DECLARED "></rdf:Description>\n"), "\n  </rdf:Description>",
      SUBJECT_LINES ("dc:subject"));
  /* the last one has the keywords */
  check_added (SIDECAR ("  <rdf:Description rdf:about=\"\" " DC_DECLARED "/>\n"
          "  <rdf:Description rdf:about=\"\"><d:subject xmlns:d=\"http://purl.org/dc/elements/1.1/\"><rdf:Bag>"
          "</rdf:Bag></d:subject></rdf:Description>\n"), "</rdf:Bag>", ITEMS_INLINE);
}

/* Prefixes are only names: dc may be another's, and its own may be any, or none. */
static void
test_prefixes (void)
{
  check_added (SIDECAR ("<!-- --><rdf:Description rdf:about=\"\" xmlns:k=\"http://purl.org/dc/elements/1.1/\">"
          "</rdf:Description>"), "</rdf:Description>", "<k:subject><rdf:Bag>" ITEMS_INLINE "</rdf:Bag></k:subject>");
  check_added (SIDECAR ("<!-- --><rdf:Description rdf:about=\"\" xmlns:dc=\"u:other\"><dc:subject/></rdf:Description>"),
      "</rdf:Description>", SUBJECT_INLINE);
  check_added (SIDECAR ("<!-- --><rdf:Description rdf:about=\"\" xmlns=\"http://purl.org/dc/elements/1.1/\"><title/>"
          "</rdf:Description>"), "</rdf:Description>", "<subject><rdf:Bag>" ITEMS_INLINE "</rdf:Bag></subject>");
  static const char odd[] = "<y:RDF xmlns:y='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:rdf='u:other'>"
      "<y:Description><z:subject xmlns:z='http://purl.org/dc/elements/1.1/'>old</z:subject></y:Description></y:RDF>";
  g_autofree char *merged = merge (odd, two_labels);
  g_assert_nonnull (strstr (merged, "'><y:Bag><y:li>old</y:li><y:li>golden retriever</y:li>"));
}

/* ---- what cannot be, or is not, added to ---- */

static void
test_refused (void)
{
  check_refused ("", -1, "line 1: it is no well-formed XML");
  check_refused ("not XML", -1, "line 1: it is no well-formed XML");
  check_refused ("<a>\n<b>\n</a>\n", -1, "line 3: it is no well-formed XML: ");
  check_refused ("<svg xmlns=\"u:svg\"/>", -1, "no XMP: it has no rdf:RDF");
  check_refused ("<x><rdf:RDF " RDF_DECLARED "/></x>", -1, "no XMP: it has no rdf:RDF");
  check_refused ("<RDF/>", -1, "no XMP: it has no rdf:RDF");
  check_refused (DESCRIPTION ("<undeclared:a/>"), -1, "line 4: it is no well-formed XML: ");
  check_refused (DESCRIPTION ("<dc:subject rdf:parseType=\"Resource\"></dc:subject>"), -1,
      "line 4: its dc:subject is neither");
  check_refused (DESCRIPTION ("<dc:subject rdf:resource=\"u:x\"/>"), -1, "line 4: its dc:subject is neither");
  check_refused (DESCRIPTION ("<dc:subject dc:a=\"u:x\"/>"), -1, "line 4: its dc:subject is neither");
  check_refused (DESCRIPTION ("\n<dc:subject><dc:b/></dc:subject>"), -1, "line 5: its dc:subject is neither");
  check_refused (DESCRIPTION ("<dc:subject><rdf:Bag/><rdf:Bag/></dc:subject>"), -1, "its dc:subject is neither");
  check_refused (SIDECAR ("<rdf:Description " DC_DECLARED " dc:subject=\"a\"/>"), -1,
      "line 3: its dc:subject is an attribute");
  check_refused ("<rdf:RDF " RDF_DECLARED "/>\0<a/>", sizeof "<rdf:RDF " RDF_DECLARED "/>" + 4,
      "line 1: it is no text in UTF-8 (a byte of 0x00)");
  check_refused ("\xff\xd8\xff\xe0\0\x10JFIF", 10, "line 1: it is no text in UTF-8 (a byte of 0xff)");
  check_refused (SIDECAR ("<!-- \xff -->"), -1, "line 3: it is no text in UTF-8 (a byte of 0xff)");
  check_refused ("<?xml version='1.0' encoding='no-such'?><rdf:RDF " RDF_DECLARED "/>", -1, "the encoding no-such");
  check_refused ("<?xml version='1.0' encoding='US-ASCII'?><rdf:RDF " RDF_DECLARED ">\xff</rdf:RDF>", -1,
      "not in the encoding US-ASCII");
  check_refused ("\xff\xfe\0\xd8<\0", 6, "not in the encoding UTF-16LE");
}

/* Entities: none is expanded, no file is read. */
static void
test_document_types (void)
{
  check_refused ("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><rdf:RDF " RDF_DECLARED ">&b;</rdf:RDF>", -1,
      "document type");
  check_refused ("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><rdf:RDF " RDF_DECLARED "/>", -1, "document type");
  check_refused ("<!DOCTYPE a [<!ENTITY a '0123456789'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>"
      "<rdf:RDF " RDF_DECLARED " c=\"&c;\">&c;</rdf:RDF>", -1, "document type");
}

static void
test_limits (void)
{
  g_autoptr (GString) deep = g_string_new ("<rdf:RDF " RDF_DECLARED "><rdf:Description>");
  g_autofree char *spaces = g_strnfill ((16 << 20) + 1, ' ');

  for (guint i = 0; i < 100000; i++)
    g_string_append (deep, "<a>");
  check_refused (deep->str, -1, "it is no well-formed XML");
  /* a message that quotes the file is no longer than a line or two */
  memset (spaces, 'a', 10000);
  spaces[0] = '<';
  spaces[10000] = '\0';
  check_refused (spaces, -1, "it is no well-formed XML");
  memset (spaces, ' ', 10001);
  check_refused (spaces, -1, "it has 16777217 bytes");
}

/* ---- characters ---- */

static void
test_hostile_labels (void)
{
  static const char *const labels[] = { "a\nb\t\r\n c ", "\x01x\x7f", "\xff", "]]></rdf:li>", "\xef\xbf\xbe",
    "\xe2\x80\xaeq",
    "\xef\xbf\xbd", NULL
  };
  g_autofree char *merged = merge (DESCRIPTION ("<dc:subject><rdf:Bag></rdf:Bag></dc:subject>"), labels);

  g_assert_cmpstr (merged, ==, DESCRIPTION ("<dc:subject><rdf:Bag><rdf:li>a b c</rdf:li>"
          "<rdf:li>\xef\xbf\xbdx\xef\xbf\xbd</rdf:li><rdf:li>\xef\xbf\xbd</rdf:li>"
          "<rdf:li>]]&gt;&lt;/rdf:li&gt;</rdf:li><rdf:li>q</rdf:li></rdf:Bag></dc:subject>"));
}

/* In UTF-16, and in Latin-1: it becomes UTF-8, says so, and is not touched where there is nothing to add. */
static void
check_encoding (const char *encoding, const char *declared, const char *mark)
{
  static const char *const known[] = { "caf\xc3\xa9", NULL };
  static const char *const more[] = { "caf\xc3\xa9", "\xe7\x8a\xac", NULL };
  g_autofree char *text = g_strdup_printf ("%s<?xml version=\"1.0\" encoding=\"%s\"?>\n"
      ON_ONE_LINE ("<dc:subject><rdf:Bag><rdf:li>caf\xc3\xa9</rdf:li></rdf:Bag></dc:subject>"), mark, declared);
  g_autoptr (GError) error = NULL;
  gsize size;
  char *coded = g_convert (text, -1, encoding, "UTF-8", NULL, &size, &error);
  g_autoptr (GBytes) existing = g_bytes_new_take (coded, size);

  g_assert_no_error (error);
  g_autoptr (GBytes) same = merge_bytes (existing, known, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (same, existing));
  g_autoptr (GBytes) merged = merge_bytes (existing, more, &error);
  g_assert_no_error (error);
  g_autofree char *found = g_strndup (g_bytes_get_data (merged, NULL), g_bytes_get_size (merged));
  g_assert_cmpstr (found, ==, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      ON_ONE_LINE ("<dc:subject><rdf:Bag><rdf:li>caf\xc3\xa9</rdf:li><rdf:li>\xe7\x8a\xac</rdf:li></rdf:Bag>"
          "</dc:subject>"));
}

static void
test_encodings (void)
{
  check_encoding ("UTF-16LE", "UTF-16", "\xef\xbb\xbf");
  check_encoding ("UTF-16BE", "UTF-16", "\xef\xbb\xbf");
  check_encoding ("UTF-16LE", "UTF-16", "");
  check_encoding ("ISO-8859-1", "ISO-8859-1", "");
}

/* A byte order mark before UTF-8 stays. */
static void
test_byte_order_mark (void)
{
  check_added ("\xef\xbb\xbf" DESCRIPTION ("<dc:subject><rdf:Bag></rdf:Bag></dc:subject>"), "</rdf:Bag>", ITEMS_INLINE);
}

/* ---- places ---- */

static void
test_places (void)
{
  static const char text[] = "<?a <b> ?><!-- <c> --><d e='>' f=\"'/>\"><g/><![CDATA[<h>]]><d><d/></d></d >";
  static const CnxXmlPlace expected[] = { {22, 39, 69, 74}, {39, 43, 43, 43}, {58, 61, 65, 69}, {61, 65, 65, 65} };
  CnxXmlPlace place;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_assert_true (cnx_xml_place (text, strlen (text), i, &place));
    g_assert_cmpmem (&place, sizeof place, &expected[i], sizeof place);
    g_assert_true (cnx_xml_place_is_one_tag (&place) == (i % 2 == 1));
  }
  g_assert_false (cnx_xml_place (text, strlen (text), G_N_ELEMENTS (expected), &place));
  /* broken off anywhere: no, or a place inside */
  for (gsize length = 0; length < strlen (text); length++) {
    g_autofree char *cut = g_memdup2 (text, length);
    for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
      if (cnx_xml_place (cut, length, i, &place))
        g_assert_cmpuint (place.end, <=, length);
  }
}

/* What a run before put there and is no label any more goes; what others put there stays, even what is called so. */
static void
test_again (void)
{
  static const char *const former[] = { "old \303\251", "golden retriever", "by hand", NULL };
  static const struct
  {
    const char *labels[3], *before, *after, *ours;
  } rows[] = {
    {{"golden retriever", "new"},
        DESCRIPTION ("   <dc:subject>\n    <rdf:Bag>\n     <rdf:li>old e\314\201</rdf:li>\n"
            "     <rdf:li>theirs</rdf:li>\n     " ITEM_1 "\n     <rdf:li xml:lang=\"de\">by hand</rdf:li>\n"
            "    </rdf:Bag>\n   </dc:subject>\n"),
        DESCRIPTION ("   <dc:subject>\n    <rdf:Bag>\n     <rdf:li>theirs</rdf:li>\n"
            "     " ITEM_1 "\n     <rdf:li xml:lang=\"de\">by hand</rdf:li>\n     <rdf:li>new</rdf:li>\n"
            "    </rdf:Bag>\n   </dc:subject>\n"), "golden retriever,new"},
    {{NULL},
        ON_ONE_LINE ("<dc:subject><rdf:Seq>" ITEM_1 "<rdf:li>theirs</rdf:li></rdf:Seq></dc:subject>"),
        ON_ONE_LINE ("<dc:subject><rdf:Seq><rdf:li>theirs</rdf:li></rdf:Seq></dc:subject>"), ""},
    {{"new"},
        DESCRIPTION ("   <dc:subject>\n    <rdf:Bag>\n     " ITEM_1 "\n    </rdf:Bag>\n   </dc:subject>\n"),
        DESCRIPTION ("   <dc:subject>\n    <rdf:Bag>\n     <rdf:li>new</rdf:li>\n    </rdf:Bag>\n   </dc:subject>\n"),
        "new"},
    {{"theirs"},        /* it was there already, and is nobody's here */
        DESCRIPTION ("   <dc:subject>theirs</dc:subject>\n"), DESCRIPTION ("   <dc:subject>theirs</dc:subject>\n"), ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *ours = NULL, *after = merge_again (rows[i].before, former, rows[i].labels, &ours);
    g_assert_cmpstr (after, ==, rows[i].after);
    g_assert_cmpstr (ours, ==, rows[i].ours);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/xmp/new", test_new);
  g_test_add_func ("/xmp/programs", test_programs);
  g_test_add_func ("/xmp/line-ends", test_line_ends);
  g_test_add_func ("/xmp/known", test_known);
  g_test_add_func ("/xmp/subjects", test_subjects);
  g_test_add_func ("/xmp/subjects-changed", test_subjects_changed);
  g_test_add_func ("/xmp/descriptions", test_descriptions);
  g_test_add_func ("/xmp/prefixes", test_prefixes);
  g_test_add_func ("/xmp/refused", test_refused);
  g_test_add_func ("/xmp/document-types", test_document_types);
  g_test_add_func ("/xmp/limits", test_limits);
  g_test_add_func ("/xmp/hostile-labels", test_hostile_labels);
  g_test_add_func ("/xmp/encodings", test_encodings);
  g_test_add_func ("/xmp/byte-order-mark", test_byte_order_mark);
  g_test_add_func ("/xmp/places", test_places);
  g_test_add_func ("/xmp/again", test_again);
  return g_test_run ();
}
