#include "core/json_text.h"

#include <math.h>
#include <string.h>
#include <json-glib/json-glib.h>

#define MAX_DIGITS 15
/* The largest double has 309 digits before its point. */
#define NUMBER_SIZE 340

void
cnx_json_append_text (GString * out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), valid);
  g_autofree char *quoted = json_to_string (node, FALSE);

  g_string_append (out, quoted);
}

void
cnx_json_append_number (GString * out, double value, int digits)
{
  char form[8], number[NUMBER_SIZE];

  if (!isfinite (value)) {
    g_string_append (out, "null");
    return;
  }
  g_snprintf (form, sizeof form, "%%.%df", CLAMP (digits, 0, MAX_DIGITS));
  g_ascii_formatd (number, sizeof number, form, value);
  if (strchr (number, '.')) {
    gsize length = strlen (number);
    while (number[length - 1] == '0')
      length--;
    number[number[length - 1] == '.' ? length - 1 : length] = '\0';
  }
  g_string_append (out, strcmp (number, "-0") == 0 ? "0" : number);
}
