/* XML from files that nobody vouches for: no document type, and so no entities; no network; libxml2's limits of depth
 * and of lengths. Errors are CNX_ERROR_FORMAT, begin with @where, name the line, and reach nothing but @error. */
#pragma once

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)

/** Makes @text, a whole XML file, UTF-8, and its declaration say so, if it is in UTF-16 or names another encoding.
 * What is UTF-8 is left as it is, with a byte order mark if it has one. Thread-safe. */
gboolean cnx_xml_decode (GString * text, const char *where, GError ** error);

/** What is in @text, which cnx_xml_decode() has seen, with namespaces; an undeclared prefix is an error. Free with
 * xmlFreeDoc(). Thread-safe. */
xmlDoc *cnx_xml_parse (const GString * text, const char *where, GError ** error);

G_END_DECLS
