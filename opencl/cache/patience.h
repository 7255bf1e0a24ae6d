/* Says why something takes long, once it has. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CnxPatience CnxPatience;

/** Two seconds from now on, and unless it was freed before, the text of then is logged: CNX_LOG_DOMAIN, info. */
CnxPatience *cnx_patience_new (const char *text);
/** What to say from now on. */
void cnx_patience_set (CnxPatience * patience, const char *text);
void cnx_patience_free (CnxPatience * patience);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxPatience, cnx_patience_free)

G_END_DECLS
