#include "pipelines/watch/http/prometheus.h"

#define NUMBER_FORM "%.15g"

void
cnx_prometheus_append_head (GString * out, const char *name, const char *type, const char *help)
{
  g_string_append_printf (out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
cnx_prometheus_append_number (GString * out, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, g_ascii_formatd (number, sizeof number, NUMBER_FORM, value));
}

void
cnx_prometheus_append_escaped (GString * out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *at = valid; *at; at++) {
    if (*at == '\\' || *at == '"')
      g_string_append_c (out, '\\');
    if (*at == '\n')
      g_string_append (out, "\\n");
    else
      g_string_append_c (out, *at);
  }
}
