#include "pipelines/watch/secret.h"

#include <string.h>

#include "core/error.h"
#include "core/input/input_file.h"

#define MOST_BYTES 4096

char *
cnx_secret_load (const char *path, GError ** error)
{
  gsize length;
  g_autofree char *text = cnx_input_file_load (path, MOST_BYTES, &length, error);

  if (!text)
    return NULL;
  const gsize end = strcspn (text, "\r\n");
  char *secret = end > 0 && text[end] != '\0' ? g_strndup (text, end) : end > 0 && end == length ? g_strdup (text)
      : NULL;
  explicit_bzero (text, length);
  if (!secret)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s': its first line, which is to be a password or a token, is "
    "empty "
        "or has a NUL in it", path);
  return secret;
}

void
cnx_secret_free (char *secret)
{
  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}
