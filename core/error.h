/* Errors of every part that loads or runs a model: one domain, worded for the person who can mend it. */
#pragma once

#include <stdarg.h>
#include <glib.h>

G_BEGIN_DECLS

#define CNX_ERROR (cnx_error_quark ())

/**
 * CnxError:
 * @CNX_ERROR_NOT_FOUND: a file, a model, a device or a name is not there
 * @CNX_ERROR_FORMAT: a file breaks its format
 * @CNX_ERROR_MODEL: well-formed weights that are not a ConvNeXt this library knows
 * @CNX_ERROR_INPUT: an input size, a picture or a frame that cannot be used
 * @CNX_ERROR_DEVICE: an OpenCL call failed
 * @CNX_ERROR_NUMBERS: what the network gives is not finite
 */
typedef enum
{
  CNX_ERROR_NOT_FOUND,
  CNX_ERROR_FORMAT,
  CNX_ERROR_MODEL,
  CNX_ERROR_INPUT,
  CNX_ERROR_DEVICE,
  CNX_ERROR_NUMBERS,
} CnxError;

GQuark cnx_error_quark (void);

/** Sets "@where: " and the formatted reason; returns FALSE, so that a check can end on it. */
gboolean cnx_refuse (GError ** error, CnxError code, const char *where, const char *format,
    va_list args) G_GNUC_PRINTF (4, 0);

/** @n times @size bytes, all zero, at least one: for what is as large as a file, a picture or an option says. NULL
 * where there is no memory for @what, which completes a sentence. Errors: CNX_ERROR_INPUT. Free with g_free(). */
gpointer cnx_try_new (gsize n, gsize size, const char *what, GError ** error);

/** Longest name out of a file that is put into messages, in bytes. */
#define CNX_MAX_NAME 512

/** Whether @name may go into a message: UTF-8, not too long, and nothing in it reaches a terminal as a command or turns
 * the direction of what follows. */
gboolean cnx_name_is_printable (const char *name);

/** @text for a terminal, or for a message that may be put out on one: control characters, marks that turn the direction
 * of writing, line ends and bytes that are no UTF-8 become \n, \t or \xNN. Whatever prints a name, a path or a label
 * that is not its own, for people to read, passes it through this. Free with g_free(). */
char *cnx_printable (const char *text);

G_END_DECLS
