/* The files that `convnext tag` is given: folders walked, lists read, and where each one's outputs go. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CnxInput:
 * @path: as the user would name it
 * @name: without its folders
 * @output_dir: where its outputs go
 * @top: the topmost folder of those outputs: the folder that was given, or --output
 * @named: it is one of the paths given, not of a folder or a list: the user wants to hear if it is nothing to tag
 * @is_link: @path is a symbolic link
 * @size, @mtime_ns: of the file when it was listed; both 0 where it could not be looked at
 */
typedef struct
{
  char *path, *name, *output_dir, *top;
  gboolean named, is_link;
  guint64 size;
  gint64 mtime_ns;
} CnxInput;

/**
 * CnxInputOptions:
 * @paths: what was given, "-" for a list on the standard input; may be NULL
 * @list: a file with a name a line, "-" for the standard input; or NULL
 * @null_ends: names in lists end in a zero byte, as find -print0 writes them, not in a line's end
 * @include, @exclude: globs, of a file's name or, where they have a slash, of its path below the folder given; in
 *   upper or lower case. Without @include, everything. Folders that match @exclude are not entered; a slash at its end
 *   asks for a folder, one at its beginning for the path from there, or from the root. May be NULL.
 * @output: where outputs go; NULL: beside their inputs
 */
typedef struct
{
  char **paths;
  const char *list;
  gboolean null_ends;
  char **include, **exclude;
  const char *output;
} CnxInputOptions;

/** Called with an error for what cannot be read; listing goes on. */
typedef void (*CnxInputComplaint) (gpointer data, const char *path, const GError * error);

/** CnxInput, each file once, by a name that is no link where there is one; those of a folder in the order of their
 * paths. What is in a folder is listed whatever it holds: names that begin with a dot, and links to folders, are passed
 * over. Free with g_ptr_array_unref(). */
GPtrArray *cnx_inputs_list (const CnxInputOptions * options, CnxInputComplaint complain, gpointer data);

G_END_DECLS
