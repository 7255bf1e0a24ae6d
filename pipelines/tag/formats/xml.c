/* Around libxml2: what goes into it is UTF-8 already, and what it has to say becomes an error. */
#include "pipelines/tag/formats/xml.h"

#include <string.h>

#include "core/error.h"
#include "pipelines/tag/formats/text.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define MAX_REASON 200          /* characters */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlParserCtxt, xmlFreeParserCtxt)

static gboolean G_GNUC_PRINTF (3, 4)
refuse (GError ** error, const char *where, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

/* ---- encodings ---- */

/* By a byte order mark, or by the first "<"; NULL: an encoding that has ASCII's bytes in it. */
static const char *
wide_encoding (const char *data, gsize size)
{
  static const struct
  {
    const char *begin, *encoding;
  } kinds[] = { {"\xff\xfe", "UTF-16LE"}, {"\xfe\xff", "UTF-16BE"}, {"<\0", "UTF-16LE"}, {"\0<", "UTF-16BE"} };

  for (guint i = 0; i < G_N_ELEMENTS (kinds) && size >= 2; i++)
    if (memcmp (data, kinds[i].begin, 2) == 0)
      return kinds[i].encoding;
  return NULL;
}

/* Where the XML declaration names the encoding, in *@start and *@end; NULL where it does not. Free with g_free(). */
static char *
declared_encoding (const GString * text, int *start, int *end)
{
  g_autoptr (GRegex) regex = g_regex_new ("(?:\\xef\\xbb\\xbf)?<\\?xml\\s[^?>]*?\\sencoding\\s*=\\s*[\"']"
      "([A-Za-z][A-Za-z0-9._-]*)[\"']", G_REGEX_RAW, G_REGEX_MATCH_ANCHORED, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match_full (regex, text->str, text->len, 0, G_REGEX_MATCH_ANCHORED, &match, NULL))
    return NULL;
  g_match_info_fetch_pos (match, 1, start, end);
  return g_match_info_fetch (match, 1);
}

static gboolean
recode (GString * text, const char *encoding, const char *where, GError ** error)
{
  g_autoptr (GError) reason = NULL;
  gsize length;
  g_autofree char *converted = g_convert (text->str, text->len, "UTF-8", encoding, NULL, &length, &reason);

  if (!converted)
    return refuse (error, where, "it is not in the encoding %s that it names: %s", encoding, reason->message);
  g_string_truncate (text, 0);
  g_string_append_len (text, converted, length);
  return TRUE;
}

static gboolean
check_characters (const GString * text, const char *where, GError ** error)
{
  const char *bad = text->str;
  int line = 1;

  if (g_utf8_validate_len (text->str, text->len, &bad))
    return TRUE;
  for (const char *at = text->str; at < bad; at++)
    line += *at == '\n';
  return refuse (error, where, "line %d: it is no text in UTF-8 (a byte of 0x%02x)", line, (guchar) * bad);
}

/* libxml2's own converters tell on the standard error what they cannot convert. */
gboolean
cnx_xml_decode (GString * text, const char *where, GError ** error)
{
  const char *wide = wide_encoding (text->str, text->len);
  g_autofree char *declared = NULL;
  int start, end;

  if (wide) {
    if (!recode (text, wide, where, error))
      return FALSE;
    if (g_str_has_prefix (text->str, BYTE_ORDER_MARK))
      g_string_erase (text, 0, strlen (BYTE_ORDER_MARK));
  }
  declared = declared_encoding (text, &start, &end);
  if (declared && g_ascii_strcasecmp (declared, "UTF-8") != 0) {
    if (!wide && !recode (text, declared, where, error))
      return FALSE;
    g_free (declared);
    if ((declared = declared_encoding (text, &start, &end))) {
      g_string_erase (text, start, end - start);
      g_string_insert (text, start, "UTF-8");
    }
  }
  return check_characters (text, where, error);
}

/* ---- parsing ---- */

/* What the parser met. */
typedef struct
{
  gboolean has_type;            /* a document type */
  char *reason;                 /* of the first error; NULL: there was none */
  int line;
} Found;

/* A document type brings entities, and with them expansion and other files. No XMP has one. */
static void
on_document_type (void *ctxt, const xmlChar * name, const xmlChar * external, const xmlChar * system)
{
  ((Found *) ((xmlParserCtxt *) ctxt)->_private)->has_type = TRUE;
  xmlStopParser (ctxt);
}

/* An undeclared prefix is an error too, without which libxml2 goes on. Its messages quote the file, in parts of any
 * length. */
static void
on_error (void *ctxt, const xmlError * error)
{
  Found *found = ((xmlParserCtxt *) ctxt)->_private;

  if (found->reason || error->level == XML_ERR_WARNING)
    return;
  g_autofree char *plain = cnx_tag_plain_label (error->message ? error->message : "it cannot be read", 0);
  found->reason = g_utf8_substring (plain, 0, MIN (g_utf8_strlen (plain, -1), MAX_REASON));
  found->line = error->line;
}

xmlDoc *
cnx_xml_parse (const GString * text, const char *where, GError ** error)
{
  Found found = { 0 };

  xmlInitParser ();             /* does nothing but the first time */
  g_autoptr (xmlParserCtxt) ctxt = xmlNewParserCtxt ();
  ctxt->_private = &found;
  ctxt->sax->internalSubset = on_document_type;
  ctxt->sax->serror = (xmlStructuredErrorFunc) on_error;        /* whose error became const later */
  g_autoptr (xmlDoc) doc = xmlCtxtReadMemory (ctxt, text->str, text->len, NULL, "UTF-8", XML_PARSE_NONET);
  g_autofree char *reason = found.reason;
  if (doc && !found.has_type && !reason && xmlDocGetRootElement (doc))
    return g_steal_pointer (&doc);
  if (found.has_type)
    refuse (error, where, "it has a document type, which no XMP has: it is not read");
  else
    refuse (error, where, "line %d: it is no well-formed XML: %s", MAX (found.line, 1),
        reason ? reason : "it is empty");
  return NULL;
}
