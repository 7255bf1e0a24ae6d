/* What classes are called: a text file's lines, and the names that come built in. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Classes of ImageNet-1k, what every published variant was trained on last. */
#define CNX_IMAGENET_CLASSES 1000
#define CNX_IMAGENET_NAME "ImageNet-1k"

/** @classes labels from a text file in UTF-8, one per line. Free with g_strfreev().
 * Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT when the number of lines is not the number of classes. */
char **cnx_labels_load (const char *path, int classes, GError ** error);

/** The names of the CNX_IMAGENET_CLASSES classes of ImageNet-1k, in its order. Free with g_strfreev(). Thread-safe. */
char **cnx_labels_of_imagenet (void);

G_END_DECLS
