/* Names on their way into a hash table of a library, whose function nobody can choose for it: whether so many of them
 * would fall into one place that looking for them takes a time that grows with their number squared. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxCrowdTable:
 * @CNX_CROWD_GLIB: a GHashTable with g_str_hash(), as json-glib's objects have
 * @CNX_CROWD_LIBZIP: libzip's table of an archive's entries
 */
typedef enum
{
  CNX_CROWD_GLIB,
  CNX_CROWD_LIBZIP,
} CnxCrowdTable;

/** Some names; 16 bytes of memory for each, none for their text. For one thread at a time. */
typedef struct _CnxCrowd CnxCrowd;

/** Free with cnx_crowd_free(). */
CnxCrowd *cnx_crowd_new (CnxCrowdTable table);
void cnx_crowd_free (CnxCrowd * crowd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxCrowd, cnx_crowd_free)

/** Adds the @length bytes of @name, or those before the first that is 0. */
void cnx_crowd_add (CnxCrowd * crowd, const char *name, gsize length);

/** Whether more of the names than chance would have it share a place of a table, at any size that it has while it
 * grows. A name that was added often counts once. Takes n log n. */
gboolean cnx_crowd_is_dense (CnxCrowd * crowd);

G_END_DECLS
