/* What reaches a terminal of a name that is not our own. */
#include <string.h>

#include "core/error.h"

static const struct
{
  const char *name, *shown;
} rows[] = {
  {"", ""},
  {"cup of coffee", "cup of coffee"},
  {"caf\303\251 \346\227\245\346\234\254 \360\237\230\200", "caf\303\251 \346\227\245\346\234\254 \360\237\230\200"},
  {"\327\251\327\234\327\225\327\235", "\327\251\327\234\327\225\327\235"},    /* Hebrew, which turns nothing else */
  {"a\033]0;title\007b", "a\\x1b]0;title\\x07b"},
  {"two\nlines\tand\r\b\177", "two\\nlines\\tand\\x0d\\x08\\x7f"},
  {"\302\233" "31m", "\\xc2\\x9b31m"},  /* the control sequence introducer of 8 bits */
  {"gnp.\342\200\256evil", "gnp.\\xe2\\x80\\xaeevil"},  /* right-to-left override */
  {"\342\201\246x\342\201\251", "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9"},
  {"\342\200\250", "\\xe2\\x80\\xa8"},  /* line separator */
  {"\377\376x\303", "\\xff\\xfex\\xc3"},
  {"\355\240\200", "\\xed\\xa0\\x80"},  /* half of a pair of UTF-16 */
  {"\300\233", "\\xc0\\x9b"},   /* escape, overlong */
};

static void
test_shown (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *shown = cnx_printable (rows[i].name);
    g_assert_cmpstr (shown, ==, rows[i].shown);
    g_assert_cmpint (cnx_name_is_printable (rows[i].name), ==, strcmp (rows[i].name, shown) == 0);
    g_assert_true (cnx_name_is_printable (shown));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/printable/shown", test_shown);
  return g_test_run ();
}
