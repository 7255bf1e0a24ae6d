/* Loads another network on a thread of its own, while the one that there is goes on.
 *
 * What was asked for last wins; where that cannot be had, what was loaded before it and was never used. Loading begins
 * when nothing else has been asked for a tenth of a second: who sets several properties one after the other means them
 * all. */
#pragma once

#include "gst-plugin/engine/classifier.h"

G_BEGIN_DECLS

typedef struct _CnxLoader CnxLoader;

/**
 * CnxLoaded:
 * @classifier: NULL once it was stolen
 * @settings: what it was loaded with
 * @ticket: of what was asked for
 * @seconds: that loading took
 */
typedef struct
{
  CnxClassifier *classifier;
  CnxEngineSettings *settings;
  guint ticket;
  double seconds;
} CnxLoaded;

void cnx_loaded_free (CnxLoaded * loaded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxLoaded, cnx_loaded_free)

/** What was asked for with that @ticket cannot be had. Called on the loader's thread, without a lock. */
typedef void (*CnxLoadFailedFunc) (gpointer user_data, guint ticket, const GError * error);

/** @element: for cnx_engine_find(); not owned. All functions are for any thread, but where they say otherwise. Free
 * with cnx_loader_free(). */
CnxLoader *cnx_loader_new (GstElement * element, CnxLoadFailedFunc failed, gpointer user_data);
/** cnx_loader_stop(), and frees everything. */
void cnx_loader_free (CnxLoader * loader);

/** Asks for a network of @settings, of which it keeps a copy, in the place of all that was asked for before. Does not
 * wait. Errors: those of g_thread_try_new(). */
gboolean cnx_loader_ask (CnxLoader * loader, const CnxEngineSettings * settings, GError ** error);
/** Whether nothing was asked for after @ticket, nor forgotten. */
gboolean cnx_loader_is_newest (CnxLoader * loader, guint ticket);
/** What was loaded, once; NULL: nothing new. Free with cnx_loaded_free(). */
CnxLoaded *cnx_loader_take (CnxLoader * loader);
/** Instead of what was asked for last, which cannot be had: what was loaded before and was never used is what
 * cnx_loader_take() gives now. Returns what it was loaded with; NULL: there is none. Free with
 * cnx_engine_settings_free(). */
CnxEngineSettings *cnx_loader_fall_back (CnxLoader * loader);
/** What was taken with that @ticket is used now: nothing that was asked for before it will be. */
void cnx_loader_settle (CnxLoader * loader, guint ticket);
/** Nothing is asked for any more: what is being loaded is dropped when it is there. Does not wait. */
void cnx_loader_forget (CnxLoader * loader);
/** Lets go of @classifier, which it takes, on its thread: that waits for what it is still at. Only after something was
 * loaded. */
void cnx_loader_retire (CnxLoader * loader, CnxClassifier * classifier);
/** Forgets, and ends the thread: waits for what it is loading, which cannot be broken off. The next to ask starts
 * another. By one thread at a time. */
void cnx_loader_stop (CnxLoader * loader);

/** Finds a network, as cnx_engine_find() does. */
typedef CnxEngine *(*CnxOpenFunc) (gpointer user_data, GstElement * element, const CnxEngineSettings * settings,
    GError ** error);

/** Has @open called in its place; NULL puts it back. For tests: a slow disk. Call while nothing is asked for. */
void cnx_loader_set_open (CnxLoader * loader, CnxOpenFunc open, gpointer user_data);

G_END_DECLS
