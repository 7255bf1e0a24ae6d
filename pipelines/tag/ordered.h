/* The standard output, shared by files that are read at the same time: each one's text in one piece, in the order of
 * the files. The first one's goes out as it comes, the others' waits. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CnxOrdered CnxOrdered;

/** Free with cnx_ordered_free(). Its functions may be called from any thread. */
CnxOrdered *cnx_ordered_new (void);
void cnx_ordered_free (CnxOrdered * ordered);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxOrdered, cnx_ordered_free)

/** Text of the file that is at @place among them, from 0. Errors: G_FILE_ERROR, once the standard output takes no
 * more. */
gboolean cnx_ordered_write (CnxOrdered * ordered, guint place, const char *text, gsize size, GError ** error);

/** No more of @place comes. Every place must end, whether it wrote anything or not. */
void cnx_ordered_end (CnxOrdered * ordered, guint place);

/** Forgets what @place has written that is still waiting: it was broken off. */
void cnx_ordered_drop (CnxOrdered * ordered, guint place);

G_END_DECLS
