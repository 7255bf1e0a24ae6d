/* Under AddressSanitizer: what libraries allocate before main() is no leak. GLib makes its table of quarks
 * there and leaves it behind when it grows, with a stack in which no function of GLib's has a name to
 * suppress. Libraries that are loaded later, and everything that main() runs, are looked at. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

/* runs before any library's constructor */
__attribute__ ((section (".preinit_array"), used))
static void (*const before_libraries) (void) = __lsan_disable;

/* runs after all of them */
__attribute__ ((constructor))
static void
after_libraries (void)
{
  __lsan_enable ();
}
#endif
