/* Pickles and zip archives that a test writes byte by byte, broken ones too. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** A tensor in the program of cnx_test_pickle(): literals all. */
#define CNX_TEST_TENSOR(name, class, key, count, offset, dims, strides) "'" name "' " \
  CNX_TEST_REBUILD (class, key, count, offset, dims, strides)
#define CNX_TEST_REBUILD(class, key, count, offset, dims, strides) \
  "@torch._utils/_rebuild_tensor_v2 ( ( 'storage' @torch/" class " '" key "' 'cpu' " count " t Q " \
  offset " ( " dims " t ( " strides " t x89 @collections/OrderedDict ) R t R "
/** A state dict of 2 x 3 floats in storage 0. */
#define CNX_TEST_GOOD_TENSOR CNX_TEST_TENSOR ("w", "FloatStorage", "0", "6", "0", "2 3", "3 1")
#define CNX_TEST_GOOD_PICKLE "x80 x02 } ( " CNX_TEST_GOOD_TENSOR "u ."

/** Appends the pickle that @program writes, in words between spaces: 'text' is a BINUNICODE, a number the shortest
 * integer, @module/class a GLOBAL, x7f that byte, and any other word stands for itself. */
void cnx_test_pickle_add (GByteArray * pickle, const char *program);
GByteArray *cnx_test_pickle (const char *program);

/** An archive in the making. */
typedef struct
{
  GByteArray *bytes;
  GByteArray *directory;
  guint n;
  gboolean zip64;               /* all sizes and places in 64 bits */
} CnxTestZip;

CnxTestZip *cnx_test_zip_new (void);
/** Adds an entry; returns where in the directory its record begins. */
guint cnx_test_zip_add (CnxTestZip * zip, const char *name, const void *bytes, gsize size);
/** Ends the archive and frees @zip; it claims @n entries, or as many as it has if that is negative. */
GByteArray *cnx_test_zip_end (CnxTestZip * zip, int n);

G_END_DECLS
