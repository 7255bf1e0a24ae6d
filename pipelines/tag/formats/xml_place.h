/* Where an element stands in an XML file's bytes, for what is to be written between them: libxml2 does not tell. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxXmlPlace:
 * @start: of the start tag's "<"
 * @content: behind the start tag's ">"
 * @close: of the end tag's "</"; of an element that is one tag, <a/>, the same as @content
 * @end: behind the element
 *
 * Offsets in bytes.
 */
typedef struct
{
  gsize start, content, close, end;
} CnxXmlPlace;

/** The place of an element by its number in the order of the start tags, from 0. @text must be well-formed XML in UTF-8
 * (or ASCII's superset) without a document type, which a parser has said before: what is not gives FALSE or a wrong
 * place, but no read past its end. Thread-safe. */
gboolean cnx_xml_place (const char *text, gsize length, guint number, CnxXmlPlace * place);

/** Whether it is one tag that ends in "/>". */
gboolean cnx_xml_place_is_one_tag (const CnxXmlPlace * place);

G_END_DECLS
