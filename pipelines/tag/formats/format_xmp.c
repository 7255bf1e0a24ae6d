/* XMP sidecars: the labels as keywords, in dc:subject, where photo managers look for them (ISO 16684-1,
 * 7 and 8.3).
 *
 * A sidecar is mostly somebody else's. libxml2 reads it and says what is in it, but what is written is the bytes that
 * were there with an insertion in one place, so that nothing else of it changes. */
#include "pipelines/tag/formats/format.h"

#include <string.h>

#include "core/error.h"
#include "pipelines/tag/formats/text.h"
#include "pipelines/tag/formats/xml.h"
#include "pipelines/tag/formats/xml_place.h"

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define DC "http://purl.org/dc/elements/1.1/"
#define XMPMETA "adobe:ns:meta/"
/* Bytes: more than the longest history of edits should need. */
#define MAX_SIDECAR (16 << 20)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* What there is when there is nothing. The byte order mark tells programs that look for a packet how it is coded. */
static const char empty_sidecar[] =
    "<?xpacket begin=\"" BYTE_ORDER_MARK "\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"" XMPMETA "\">\n"
    " <rdf:RDF xmlns:rdf=\"" RDF "\">\n"
    "  <rdf:Description rdf:about=\"\"/>\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    "<?xpacket end=\"w\"?>\n";

static gboolean G_GNUC_PRINTF (3, 4)
refuse (GError ** error, const char *where, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

/* ---- what is in it ---- */

/* What keywords need; the parts that are not there are NULL. */
typedef struct
{
  xmlDoc *doc;
  xmlNode *rdf;                 /* rdf:RDF */
  xmlNode *description;         /* the rdf:Description for what is new */
  xmlNode *subject;             /* dc:subject */
  xmlNode *list;                /* the rdf:Bag in it, or what stands for it */
} Sidecar;

static gboolean
is_element (const xmlNode * node, const char *namespace, const char *name)
{
  return node->type == XML_ELEMENT_NODE && node->ns && xmlStrEqual (node->ns->href, BAD_CAST namespace)
      && xmlStrEqual (node->name, BAD_CAST name);
}

/* rdf:RDF is the root, or in its x:xmpmeta (x:xapmeta, long ago). */
static xmlNode *
find_rdf (xmlDoc * doc)
{
  xmlNode *root = xmlDocGetRootElement (doc);

  if (is_element (root, RDF, "RDF"))
    return root;
  if (!is_element (root, XMPMETA, "xmpmeta") && !is_element (root, XMPMETA, "xapmeta"))
    return NULL;
  for (xmlNode * node = xmlFirstElementChild (root); node; node = xmlNextElementSibling (node))
    if (is_element (node, RDF, "RDF"))
      return node;
  return NULL;
}

/* An attribute of dc:subject makes something else of it than a list or a text: a resource, a structure. */
static gboolean
has_meaning (const xmlAttr * attribute)
{
  return !attribute->ns || !(xmlStrEqual (attribute->ns->href, XML_XML_NAMESPACE)
      || (xmlStrEqual (attribute->ns->href, BAD_CAST RDF) && xmlStrEqual (attribute->name, BAD_CAST "ID")));
}

static gboolean
is_list (const xmlNode * node)
{
  return is_element (node, RDF, "Bag") || is_element (node, RDF, "Seq") || is_element (node, RDF, "Alt");
}

static gboolean
check_subject (xmlNode * subject, const char *where, GError ** error)
{
  xmlNode *child = xmlFirstElementChild (subject);
  gboolean fits = !child || (is_list (child) && !xmlNextElementSibling (child));

  for (const xmlAttr * attribute = subject->properties; attribute; attribute = attribute->next)
    fits = fits && !has_meaning (attribute);
  if (!fits)
    return refuse (error, where, "line %ld: its dc:subject is neither a list nor a text: keywords cannot be added "
        "to it", xmlGetLineNo (subject));
  return TRUE;
}

/* What keywords are told apart by. */
static char *
key_of (xmlNode * node)
{
  xmlChar *content = xmlNodeGetContent (node);
  g_autofree char *plain = cnx_tag_plain_label ((const char *) content, -1);

  xmlFree (content);
  return g_utf8_normalize (plain, -1, G_NORMALIZE_NFC);
}

static void
add_key (GHashTable * keys, xmlNode * node)
{
  g_hash_table_add (keys, key_of (node));
}

/* dc:subject of @description, if it has one, and into @keys what it holds. The first one of all is added to. */
static gboolean
read_description (Sidecar * sidecar, xmlNode * description, GHashTable * keys, const char *where, GError ** error)
{
  if (xmlHasNsProp (description, BAD_CAST "subject", BAD_CAST DC))
    return refuse (error, where, "line %ld: its dc:subject is an attribute, which cannot hold a list: keywords cannot "
        "be added to it", xmlGetLineNo (description));
  for (xmlNode * node = xmlFirstElementChild (description); node; node = xmlNextElementSibling (node)) {
    if (!is_element (node, DC, "subject"))
      continue;
    if (!check_subject (node, where, error))
      return FALSE;
    xmlNode *list = xmlFirstElementChild (node);
    if (!sidecar->subject) {
      sidecar->subject = node;
      sidecar->list = list;
    }
    if (!list)
      add_key (keys, node);
    for (xmlNode * item = list ? xmlFirstElementChild (list) : NULL; item; item = xmlNextElementSibling (item))
      add_key (keys, item);
  }
  return TRUE;
}

/* New things go where the namespace is known, or into the first rdf:Description. */
static gboolean
read_sidecar (Sidecar * sidecar, xmlDoc * doc, GHashTable * keys, const char *where, GError ** error)
{
  gboolean knows_dc = FALSE;

  *sidecar = (Sidecar) {.doc = doc,.rdf = find_rdf (doc) };
  if (!sidecar->rdf)
    return refuse (error, where, "it is XML, but no XMP: it has no rdf:RDF");
  for (xmlNode * node = xmlFirstElementChild (sidecar->rdf); node; node = xmlNextElementSibling (node)) {
    if (!is_element (node, RDF, "Description"))
      continue;
    if (!read_description (sidecar, node, keys, where, error))
      return FALSE;
    const gboolean knows = xmlSearchNsByHref (doc, node, BAD_CAST DC) != NULL;
    if (!sidecar->description || (knows && !knows_dc))
      sidecar->description = node;
    knows_dc = knows_dc || knows;
  }
  return TRUE;
}

/* ---- writing ---- */

/* The white space from the line's start to @at, the line's end before it included; "" where something else stands
 * before it on its line. */
static char *
indent_of (const char *text, gsize at)
{
  gsize start = at;

  while (start > 0 && (text[start - 1] == ' ' || text[start - 1] == '\t'))
    start--;
  if (start == 0 || text[start - 1] != '\n')
    return g_strdup ("");
  start--;
  if (start > 0 && text[start - 1] == '\r')
    start--;
  return g_strndup (text + start, at - start);
}

/* One step further in; nothing where everything stands on one line. */
static char *
deeper (const char *indent)
{
  return g_strconcat (indent, *indent ? " " : "", NULL);
}

/* @name with the prefix that @namespace has at @node, or "" and a declaration to be put into the tag. */
static char *
qualified (const Sidecar * sidecar, xmlNode * node, const char *namespace, const char *prefix, const char *name,
    char **declaration)
{
  const xmlNs *known = xmlSearchNsByHref (sidecar->doc, node, BAD_CAST namespace);

  *declaration = known ? g_strdup ("") : g_strdup_printf (" xmlns:%s=\"%s\"", prefix, namespace);
  if (!known)
    return g_strconcat (prefix, ":", name, NULL);
  return known->prefix ? g_strconcat ((const char *) known->prefix, ":", name, NULL) : g_strdup (name);
}

/* What is put into a sidecar's bytes. */
typedef struct
{
  const Sidecar *sidecar;
  const char *text;
  gsize size;
  const GPtrArray *keywords;
  gsize at, cut;                /* the bytes that @added stands for; none, mostly */
  GString *added;
} Edit;

static gboolean
find_place (const Edit * edit, const xmlNode * wanted, CnxXmlPlace * place)
{
  guint number = 0;

  for (const xmlNode * node = xmlDocGetRootElement (edit->sidecar->doc); node != wanted;) {
    if (node->type == XML_ELEMENT_NODE)
      number++;
    if (node->children && node->type == XML_ELEMENT_NODE) {
      node = node->children;
      continue;
    }
    while (!node->next)
      node = node->parent;
    node = node->next;
  }
  return cnx_xml_place (edit->text, edit->size, number, place);
}

static void
write_items (Edit * edit, xmlNode * node, const char *indent)
{
  g_autofree char *declaration = NULL, *name = qualified (edit->sidecar, node, RDF, "rdf", "li", &declaration);

  for (guint i = 0; i < edit->keywords->len; i++) {
    g_string_append_printf (edit->added, "%s<%s>", indent, name);
    cnx_tag_append_escaped (edit->added, g_ptr_array_index (edit->keywords, i));
    g_string_append_printf (edit->added, "</%s>", name);
  }
}

/* An element of @namespace in @node with what @write_inner puts into it, and @attributes. */
static void
write_element (Edit * edit, xmlNode * node, const char *indent, const char *namespace, const char *prefix,
    const char *name, const char *attributes, void (*write_inner) (Edit *, xmlNode *, const char *))
{
  g_autofree char *declaration = NULL, *inner = deeper (indent);
  g_autofree char *full = qualified (edit->sidecar, node, namespace, prefix, name, &declaration);

  g_string_append_printf (edit->added, "%s<%s%s%s>", indent, full, declaration, attributes);
  write_inner (edit, node, inner);
  g_string_append_printf (edit->added, "%s</%s>", indent, full);
}

static void
write_list (Edit * edit, xmlNode * node, const char *indent)
{
  write_element (edit, node, indent, RDF, "rdf", "Bag", "", write_items);
}

static void
write_subject (Edit * edit, xmlNode * node, const char *indent)
{
  write_element (edit, node, indent, DC, "dc", "subject", "", write_list);
}

/* An attribute has no namespace without a prefix: rdf:about needs one of its own where RDF's has none. */
static void
write_description (Edit * edit, xmlNode * node, const char *indent)
{
  g_autofree char *declaration = NULL, *about = qualified (edit->sidecar, node, RDF, "rdf", "about", &declaration);
  g_autofree char *attributes = strchr (about, ':') ? g_strdup_printf (" %s=\"\"", about) :
      g_strdup (" xmlns:rdf=\"" RDF "\" rdf:about=\"\"");

  write_element (edit, node, indent, RDF, "rdf", "Description", attributes, write_subject);
}

/* Behind the last element in @parent, which has a namespace, or as the first; on lines of their own where the others
 * are. */
static gboolean
insert (Edit * edit, xmlNode * parent, void (*write) (Edit *, xmlNode *, const char *))
{
  xmlNode *last = xmlLastElementChild (parent);
  CnxXmlPlace place;

  if (!find_place (edit, last ? last : parent, &place))
    return FALSE;
  g_autofree char *indent = indent_of (edit->text, place.start);
  if (last) {
    edit->at = place.end;
    write (edit, parent, indent);
    return TRUE;
  }
  g_autofree char *inner = deeper (indent);
  if (cnx_xml_place_is_one_tag (&place)) {
    edit->at = place.end - 2;
    edit->cut = 2;
    g_string_append_c (edit->added, '>');
    write (edit, parent, inner);
    const char *prefix = (const char *) parent->ns->prefix;
    g_string_append_printf (edit->added, "%s</%s%s%s>", indent, prefix ? prefix : "", prefix ? ":" : "", parent->name);
    return TRUE;
  }
  edit->at = place.content;
  write (edit, parent, inner);
  if (!memchr (edit->text + place.content, '\n', place.close - place.content))
    g_string_append (edit->added, indent);
  return TRUE;
}

/* dc:subject as a plain text becomes the first item of a list. */
static gboolean
wrap_text (Edit * edit, xmlNode * subject)
{
  g_autofree char *ignored = NULL, *bag = qualified (edit->sidecar, subject, RDF, "rdf", "Bag", &ignored);
  g_autofree char *item = g_strdup_printf ("%.*sli", (int) (strlen (bag) - strlen ("Bag")), bag);
  CnxXmlPlace place;

  if (!find_place (edit, subject, &place))
    return FALSE;
  edit->at = place.content;
  edit->cut = place.close - place.content;
  g_string_append_printf (edit->added, "<%s><%s>%.*s</%s>", bag, item, (int) edit->cut, edit->text + edit->at, item);
  write_items (edit, subject, "");
  g_string_append_printf (edit->added, "</%s>", bag);
  return TRUE;
}

static gboolean
has_text (xmlNode * node)
{
  xmlChar *content = xmlNodeGetContent (node);
  const gboolean has = *g_strstrip ((char *) content) != '\0';

  xmlFree (content);
  return has;
}

static gboolean
add_keywords (Edit * edit)
{
  const Sidecar *sidecar = edit->sidecar;

  if (sidecar->list)
    return insert (edit, sidecar->list, write_items);
  if (sidecar->subject)
    return has_text (sidecar->subject) ? wrap_text (edit, sidecar->subject) :
        insert (edit, sidecar->subject, write_list);
  if (sidecar->description)
    return insert (edit, sidecar->description, write_subject);
  return insert (edit, sidecar->rdf, write_description);
}

/* ---- keywords of a run before ---- */

/* Where those items of @list are that hold one of @keys and nothing else, with the space before them where it is all
 * that is. */
static gboolean
find_items (const Edit * edit, xmlNode * list, GHashTable * keys, GArray * places)
{
  for (xmlNode * item = list ? xmlFirstElementChild (list) : NULL; item; item = xmlNextElementSibling (item)) {
    g_autofree char *key = key_of (item);
    CnxXmlPlace place;
    if (!is_element (item, RDF, "li") || item->properties || xmlFirstElementChild (item)
        || !g_hash_table_contains (keys, key))
      continue;
    if (!find_place (edit, item, &place))
      return FALSE;
    g_autofree char *indent = indent_of (edit->text, place.start);
    place.start -= strlen (indent);
    g_array_append_val (places, place);
  }
  return TRUE;
}

static gboolean
find_keywords (const Edit * edit, GHashTable * keys, GArray * places)
{
  for (xmlNode * node = xmlFirstElementChild (edit->sidecar->rdf); node; node = xmlNextElementSibling (node)) {
    if (!is_element (node, RDF, "Description"))
      continue;
    for (xmlNode * subject = xmlFirstElementChild (node); subject; subject = xmlNextElementSibling (subject))
      if (is_element (subject, DC, "subject") && !find_items (edit, xmlFirstElementChild (subject), keys, places))
        return FALSE;
  }
  return TRUE;
}

/* Takes the keywords @keys out of @text. *@dropped: there were any. */
static gboolean
drop_keywords (GString * text, GHashTable * keys, gboolean * dropped, const char *where, GError ** error)
{
  g_autoptr (GHashTable) all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (CnxXmlPlace));
  g_autoptr (xmlDoc) doc = cnx_xml_parse (text, where, error);
  Sidecar sidecar;

  if (!doc || !read_sidecar (&sidecar, doc, all, where, error))
    return FALSE;
  const Edit edit = {.sidecar = &sidecar,.text = text->str,.size = text->len };
  if (!find_keywords (&edit, keys, places))
    return refuse (error, where, "its dc:subject is not found");
  for (guint i = places->len; i-- > 0;) {
    const CnxXmlPlace *place = &g_array_index (places, CnxXmlPlace, i);
    g_string_erase (text, place->start, place->end - place->start);
  }
  *dropped = places->len > 0;
  return TRUE;
}

/* Those of @former that are labels no more; the others go to @kept. */
static GHashTable *
outdated (char **former, const GArray * shares, GPtrArray * kept)
{
  g_autoptr (GHashTable) labels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTable *keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < shares->len; i++) {
    const CnxShare *share = &g_array_index (shares, CnxShare, i);
    g_autofree char *keyword = cnx_tag_plain_label (share->label, share->id);
    g_hash_table_add (labels, g_utf8_normalize (keyword, -1, G_NORMALIZE_NFC));
  }
  for (guint i = 0; former && former[i]; i++) {
    g_autofree char *key = g_utf8_normalize (former[i], -1, G_NORMALIZE_NFC);
    if (key && g_hash_table_contains (labels, key))
      g_ptr_array_add (kept, g_strdup (former[i]));
    else if (key)
      g_hash_table_add (keys, g_steal_pointer (&key));
  }
  return keys;
}

/* ---- the format ---- */

/* Those that @keys has not; they are in it afterwards. */
static GPtrArray *
new_keywords (const GArray * shares, GHashTable * keys)
{
  GPtrArray *keywords = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < shares->len; i++) {
    const CnxShare *share = &g_array_index (shares, CnxShare, i);
    char *keyword = cnx_tag_plain_label (share->label, share->id);

    if (g_hash_table_add (keys, g_utf8_normalize (keyword, -1, G_NORMALIZE_NFC)))
      g_ptr_array_add (keywords, keyword);
    else
      g_free (keyword);
  }
  return keywords;
}

/* @ours: keywords of the run before, that stay; gets the new ones too. */
static gboolean
merge (GString * out, const char *data, gsize size, const CnxTagReport * report, GPtrArray * ours, const char *where,
    GError ** error)
{
  g_autoptr (GHashTable) gone = outdated (report->former, report->shares, ours);
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) keywords = NULL;
  g_autoptr (GString) text = NULL, added = g_string_new (NULL);
  g_autoptr (xmlDoc) doc = NULL;
  gboolean dropped = FALSE;
  Sidecar sidecar;

  if (size > MAX_SIDECAR)
    return refuse (error, where, "it has %" G_GSIZE_FORMAT " bytes; a sidecar of more than %d is not read", size,
        MAX_SIDECAR);
  text = g_string_new_len (data, size);
  if (!cnx_xml_decode (text, where, error)
      || (g_hash_table_size (gone) > 0 && !drop_keywords (text, gone, &dropped, where, error))
      || !(doc = cnx_xml_parse (text, where, error)) || !read_sidecar (&sidecar, doc, keys, where, error))
    return FALSE;
  keywords = new_keywords (report->shares, keys);
  for (guint i = 0; i < keywords->len; i++)
    if (!g_ptr_array_find_with_equal_func (ours, keywords->pdata[i], g_str_equal, NULL))
      g_ptr_array_add (ours, g_strdup (keywords->pdata[i]));
  if (keywords->len == 0) {
    g_string_append_len (out, dropped ? text->str : data, dropped ? text->len : size);
    return TRUE;
  }
  Edit edit = {.sidecar = &sidecar,.text = text->str,.size = text->len,.keywords = keywords,.added = added };
  if (!add_keywords (&edit))
    return refuse (error, where, "its dc:subject is not found");
  g_string_append_len (out, text->str, edit.at);
  g_string_append_len (out, added->str, added->len);
  g_string_append_len (out, text->str + edit.at + edit.cut, text->len - edit.at - edit.cut);
  return TRUE;
}

static gboolean
xmp_end (GString * out, const CnxTagFacts * facts, const CnxTagReport * report, GError ** error)
{
  g_autofree char *name = g_path_get_basename (facts->file);
  g_autofree char *output = cnx_tag_format_output_name (&cnx_tag_xmp, name);
  g_autofree char *plain = cnx_tag_plain_label (output, 0);
  g_autofree char *where = g_strdup_printf ("'%s'", plain);
  g_autoptr (GPtrArray) ours = report->keywords ? g_ptr_array_ref (report->keywords) :
      g_ptr_array_new_with_free_func (g_free);
  gsize size = strlen (empty_sidecar);
  const char *data = report->existing ? g_bytes_get_data (report->existing, &size) : empty_sidecar;

  return merge (out, data ? data : "", size, report, ours, where, error);
}

const CnxTagFormat cnx_tag_xmp = {.name = "xmp",.extension = ".xmp",.merges = TRUE,.end = xmp_end };
