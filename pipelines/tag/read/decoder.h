/* One decoder, as who asks it sees it: a process that is started when it is needed, replaced when it dies, and ended
 * when it keeps one waiting. */
#pragma once

#include "pipelines/tag/read/frames.h"
#include "pipelines/tag/read/keeper.h"
#include "pipelines/tag/read/wire.h"

G_BEGIN_DECLS

typedef struct _CnxDecoder CnxDecoder;

/** @keeper must outlive it. @patience: seconds for which a file's decoder may say nothing; 0: any number. @stop: not 0:
 * waiting is broken off; may be NULL. One thread at a time. Free with cnx_decoder_free(). */
CnxDecoder *cnx_decoder_new (CnxKeeper * keeper, guint patience, const gint * stop);
void cnx_decoder_free (CnxDecoder * decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxDecoder, cnx_decoder_free)

/** Begins a file: sends @what with @body, which is sunk. Errors: G_SPAWN_ERROR: there are no decoders any more. */
gboolean cnx_decoder_ask (CnxDecoder * decoder, CnxWire what, GVariant * body, GError ** error);

/** The next answer that is not about memory, caps or the process itself: its body, to be freed with g_variant_unref().
 * NULL and no error where it was told to stop. Errors: CNX_ERROR_INPUT: the decoder died, took too long, or says what
 * is wrong with the file. After NULL, and after CNX_WIRE_END, the file is over. */
GVariant *cnx_decoder_hear (CnxDecoder * decoder, CnxWire * what, GError ** error);

/** Whether the file that failed last may go better in a new process: the one that died of it had served others. */
gboolean cnx_decoder_may_try_again (CnxDecoder * decoder);

/** The frames that come. */
CnxFramesIn *cnx_decoder_frames (CnxDecoder * decoder);
/** @slot's frame was used. Errors: CNX_ERROR_INPUT: the decoder does not listen; the file is over. */
gboolean cnx_decoder_release (CnxDecoder * decoder, guint slot, GError ** error);

/** Ends a file before its end: the process is ended with it. */
void cnx_decoder_break_off (CnxDecoder * decoder);

G_END_DECLS
