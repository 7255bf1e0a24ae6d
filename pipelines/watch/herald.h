/* What goes wrong, said in lines for people: where it does so again and again, once a minute. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Is given one line without its end, which is printable whatever is in it. Called on any thread, one at a time. */
typedef void (*CnxHeraldFunc) (gpointer data, const char *line);

/** Safe to be used by several threads. */
typedef struct _CnxHerald CnxHerald;

/**
 * CnxSeldom:
 * One thing that is said once a minute: zeroed at the start, and a field of what it is about.
 */
typedef struct
{
  gint64 said;                  /* g_get_monotonic_time(); 0: never */
  guint64 unsaid;
} CnxSeldom;

/** @func NULL: to the standard error. */
CnxHerald *cnx_herald_new (CnxHeraldFunc func, gpointer data);
CnxHerald *cnx_herald_ref (CnxHerald * herald);
void cnx_herald_unref (CnxHerald * herald);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxHerald, cnx_herald_unref)

/** Says "@who: " and the text. */
void cnx_herald_say (CnxHerald * herald, const char *who, const char *format, ...) G_GNUC_PRINTF (3, 4);

/** The same, unless @seldom was said less than a minute ago; the next time tells how often it was not. */
void cnx_herald_say_seldom (CnxHerald * herald, CnxSeldom * seldom, const char *who, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

G_END_DECLS
