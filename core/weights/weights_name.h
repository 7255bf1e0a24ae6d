/* What files of weights are called. Part of model.[ch], for nobody else. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a folder that a model is written to gets. */
#define CNX_WEIGHTS_NAME "model.safetensors"

/** Length of @path without the ending of a file of weights (".safetensors.index.json" is one too); all of it where it
 * has none. */
gsize cnx_weights_stem_length (const char *path);

/** Whether @path is what a folder's only model is called, so that the folder's name is the model's. */
gboolean cnx_weights_name_is_usual (const char *path);

/** The weights in @folder: the first there is of model.safetensors, pytorch_model.bin, the index of either's
 * shards and timm's model_best.pth.tar, else the only file with the ending of one. Free with g_free(). Errors:
 * CNX_ERROR_NOT_FOUND, which lists them where there are several, and where there is none the folders in it that have
 * some. */
char *cnx_weights_in_folder (const char *folder, GError ** error);

/** The same; NULL without an error where there is no file of weights at all. */
char *cnx_weights_if_any (const char *folder, GError ** error);

/** @folder/@name with the ending of a file of weights, or as it is; NULL where there is none. Free with g_free(). */
char *cnx_weights_called (const char *folder, const char *name);

/** Whether @path is a path at all, and not an address or what a shell should have replaced.
 * Errors: CNX_ERROR_NOT_FOUND, which says what to give instead. */
gboolean cnx_weights_check_path (const char *path, GError ** error);

G_END_DECLS
