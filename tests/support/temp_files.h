/* Folders and files that a test makes and removes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** A new, empty folder. Remove and free it with cnx_test_remove_dir(). */
char *cnx_test_make_dir (void);
void cnx_test_remove_dir (char *dir);

/** A folder that goes away with its variable: `g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();` */
typedef char CnxTestDir;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxTestDir, cnx_test_remove_dir)

/** Writes @text to @dir/@name, making folders on the way; returns the path. */
char *cnx_test_write_text (const char *dir, const char *name, const char *text);

/** Writes a safetensors file with @header as it stands and @data_size bytes that count up; returns the path. */
char *cnx_test_write_safetensors (const char *dir, const char *name, const char *header,
    gsize data_size);

/** Copies the file @from to @dir/@name. */
char *cnx_test_copy (const char *from, const char *dir, const char *name);

/** A path below the folder of test data (CNX_TEST_DATA), or of the shipped models (CNX_MODELS). */
char *cnx_test_data (const char *name);
char *cnx_test_models (const char *name);

/** Fails the test unless @error is set and its message holds every one of the texts (ended by NULL). */
void cnx_test_assert_message (const GError * error, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS
