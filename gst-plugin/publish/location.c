#include "gst-plugin/publish/location.h"

#include <string.h>

#include "core/error.h"
#include "gst-plugin/publish/files.h"

#define CAN_BE_GIVEN "the path of a file or of a pipe with a name, or - for the standard output"

/* What stands before "://", if it is one's name by RFC 3986; NULL where @location is none. The rest may hold a password
 * and goes into no message. */
static char *
scheme_of (const char *location)
{
  const char *end = strstr (location, "://");

  for (const char *at = location; end && at < end; at++)
    if (!g_ascii_isalnum (*at) && !strchr ("+-.", *at))
      return NULL;
  return end && g_ascii_isalpha (*location) ? g_strndup (location, end - location) : NULL;
}

const CnxPlace *
cnx_place_for (const char *location, GError ** error)
{
  if (!location || !*location) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Nothing says where labels are to be published. Set location to "
        CAN_BE_GIVEN ".");
    return NULL;
  }
  g_autofree char *scheme = scheme_of (location);
  if (scheme) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Labels cannot be published to an address that begins with %s://. "
        "Set location to " CAN_BE_GIVEN ".", scheme);
    return NULL;
  }
  return strcmp (location, "-") == 0 ? &cnx_place_stdout : &cnx_place_file;
}
