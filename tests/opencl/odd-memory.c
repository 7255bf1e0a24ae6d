/* Loaded before the C library (LD_PRELOAD): a machine that is short of memory.
 *
 * ODD_BLOCK=N: what asks for N bytes or more may be refused.
 * ODD_REFUSED=N: the N-th of those is.
 * ODD_REFUSED_LOG=FILE: gets a line then. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORTED __attribute__ ((visibility ("default")))

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *block, size_t size);

/* getenv() needs no memory. */
static long
number (const char *name)
{
  const char *text = getenv (name);

  return text ? atol (text) : 0;
}

static int
is_refused (size_t size)
{
  static atomic_long asked;
  const long block = number ("ODD_BLOCK");

  if (block <= 0 || size < (size_t) block || atomic_fetch_add (&asked, 1) + 1 != number ("ODD_REFUSED"))
    return 0;
  const char *path = getenv ("ODD_REFUSED_LOG");
  const int log = path ? open (path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
  if (log >= 0) {
    if (write (log, "refused\n", 8) != 8)
      abort ();
    close (log);
  }
  errno = ENOMEM;
  return 1;
}

EXPORTED void *
malloc (size_t size)
{
  return is_refused (size) ? NULL : __libc_malloc (size);
}

EXPORTED void *
calloc (size_t n, size_t size)
{
  return is_refused (size == 0 || n <= (size_t) -1 / size ? n * size : (size_t) -1) ? NULL : __libc_calloc (n, size);
}

EXPORTED void *
realloc (void *block, size_t size)
{
  return is_refused (size) ? NULL : __libc_realloc (block, size);
}
