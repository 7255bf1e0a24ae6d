/* What classes are called: a text file's lines, and the names that come built in. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/** Classes of ImageNet-1k, what every published variant was trained on last. */
#define CNX_IMAGENET_CLASSES 1000
#define CNX_IMAGENET_NAME "ImageNet-1k"

/** @classes labels from a text file in UTF-8, one per line. Free with g_strfreev().
 * Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT when the number of lines is not the number of classes. */
char **cnx_labels_load (const char *path, int classes, GError ** error);

/** The labels of a config.json, for @classes classes: timm's `label_names` (keys into `label_descriptions`, for the
 * larger data sets), else Hugging Face's `id2label`, else its `label2id`; a list, or an object by number or by name. A
 * number stands for its text, and null for "class 17". NULL without an error where it names none: transformers'
 * "LABEL_17" is no name. Free with g_strfreev().
 * Errors: CNX_ERROR_MODEL for another number of classes, CNX_ERROR_FORMAT. */
char **cnx_labels_in_config (JsonObject * root, int classes, GError ** error);

/** The names of the CNX_IMAGENET_CLASSES classes of ImageNet-1k, in its order. Free with g_strfreev(). Thread-safe. */
char **cnx_labels_of_imagenet (void);

G_END_DECLS
