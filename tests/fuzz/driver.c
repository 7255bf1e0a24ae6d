/* Runs a fuzz target without libFuzzer: every file of a corpus, then so many mutations of them, always the same.
 *
 *   fuzz-NAME [-runs=N] [-seed=N] [-max_len=BYTES] CORPUS...
 *
 * The options are those of libFuzzer. A corpus is a file or a folder of files. What crashes is left in ./crash-input:
 * run the target on it alone to see it again. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

#define CRASH_FILE "crash-input"

typedef struct
{
  GPtrArray *inputs;            /* GBytes */
  guint64 state;                /* of the random numbers */
  gsize max_length;
  guint64 done;
} Driver;

/* The input that is being run, where the crash handler finds it. */
static uint8_t *current;
static volatile size_t current_size;

/* xorshift64*, by Vigna: quick, and the same everywhere. */
static guint64
random_number (Driver * driver)
{
  driver->state ^= driver->state >> 12;
  driver->state ^= driver->state << 25;
  driver->state ^= driver->state >> 27;
  return driver->state * G_GUINT64_CONSTANT (2685821657736338717);
}

static gsize
random_below (Driver * driver, gsize n)
{
  return n ? (random_number (driver) >> 11) % n : 0;
}

/* Called on the way out of a crash: only system calls. */
static void
save_crash (void)
{
  int fd = open (CRASH_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd >= 0 && write (fd, current, current_size) < 0)
    return;
  close (fd);
}

static void
on_signal (int number)
{
  save_crash ();
  signal (number, SIG_DFL);
  raise (number);
}

/* The sanitizers call it, where there are any. */
void __sanitizer_set_death_callback (void (*callback) (void)) __attribute__((weak));

static void
run_one (Driver * driver, const uint8_t * data, size_t size)
{
  /* At its exact size, so that a sanitizer sees a read past the end. */
  current = g_memdup2 (data, size);
  current_size = size;
  LLVMFuzzerTestOneInput (current, size);
  g_clear_pointer (&current, g_free);
  current_size = 0;
  driver->done++;
}

static void
add_file (Driver * driver, const char *path)
{
  g_autoptr (GError) error = NULL;
  char *bytes;
  gsize size;

  if (!g_file_get_contents (path, &bytes, &size, &error)) {
    fprintf (stderr, "%s\n", error->message);
    exit (2);
  }
  g_ptr_array_add (driver->inputs, g_bytes_new_take (bytes, size));
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* In the order of their names: the same on every file system. */
static void
add_corpus (Driver * driver, const char *path)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    add_file (driver, path);
    return;
  }
  dir = g_dir_open (path, 0, NULL);
  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (paths, g_build_filename (path, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  for (guint i = 0; i < paths->len; i++)
    add_file (driver, g_ptr_array_index (paths, i));
}

/* Numbers at which readers trip: ends of ranges, and sizes near a limit. */
static const guint64 interesting[] = {
  0, 1, 2, 4, 8, 16, 0x7f, 0x80, 0xff, 0x100, 0x200, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
  0xffffffff, G_GUINT64_CONSTANT (0x100000000), G_GUINT64_CONSTANT (0x4000000000000000),
  G_GUINT64_CONSTANT (0x7fffffffffffffff), G_GUINT64_CONSTANT (0x8000000000000000), G_MAXUINT64,
};

static void
set_number (Driver * driver, GByteArray * bytes)
{
  guint64 number = interesting[random_below (driver, G_N_ELEMENTS (interesting))];
  gsize width = 1u << random_below (driver, 4);
  gboolean big_endian = random_below (driver, 4) == 0;

  if (bytes->len < width)
    return;
  number = big_endian ? GUINT64_TO_BE (number << (64 - 8 * width)) : GUINT64_TO_LE (number);
  memcpy (bytes->data + random_below (driver, bytes->len - width + 1), &number, width);
}

static void
insert_bytes (Driver * driver, GByteArray * bytes, const uint8_t * from, gsize n)
{
  gsize at = random_below (driver, bytes->len + 1);
  g_autofree uint8_t *copy = NULL;

  if (bytes->len + n > driver->max_length)
    return;
  copy = g_memdup2 (from, n);
  g_byte_array_set_size (bytes, bytes->len + n);
  memmove (bytes->data + at + n, bytes->data + at, bytes->len - n - at);
  if (n)
    memcpy (bytes->data + at, copy, n);
}

/* A piece of some input: put in, or put over what is there. */
static void
splice (Driver * driver, GByteArray * bytes)
{
  GBytes *other = g_ptr_array_index (driver->inputs, random_below (driver, driver->inputs->len));
  gsize size;
  const uint8_t *from = g_bytes_get_data (other, &size);
  gsize start = random_below (driver, size);
  gsize n = random_below (driver, MIN (size - start, 256) + 1);

  if (random_below (driver, 2)) {
    insert_bytes (driver, bytes, from + start, n);
  } else if (bytes->len > 0) {
    gsize at = random_below (driver, bytes->len);

    if (n > 0)
      memcpy (bytes->data + at, from + start, MIN (n, bytes->len - at));
  }
}

static void
mutate (Driver * driver, GByteArray * bytes)
{
  uint8_t byte = random_number (driver) >> 20;
  gsize at = random_below (driver, bytes->len);

  switch (random_below (driver, 8)) {
    case 0:
      if (bytes->len)
        bytes->data[at] ^= 1 << (byte & 7);
      break;
    case 1:
      if (bytes->len)
        bytes->data[at] = byte;
      break;
    case 2:
      insert_bytes (driver, bytes, &byte, 1);
      break;
    case 3:
      if (bytes->len)
        g_byte_array_remove_range (bytes, at, random_below (driver, MIN (bytes->len - at, 64)) + 1);
      break;
    case 4:
      if (random_below (driver, 4) == 0)
        g_byte_array_set_size (bytes, at);
      break;
    case 5:
      /* A piece of itself again. */
      if (bytes->len)
        insert_bytes (driver, bytes, bytes->data + at,
            random_below (driver, MIN (bytes->len - at, 64)) + 1);
      break;
    case 6:
      splice (driver, bytes);
      break;
    default:
      set_number (driver, bytes);
  }
}

static void
run_mutations (Driver * driver, guint64 runs)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  while (driver->done < runs) {
    GBytes *input = g_ptr_array_index (driver->inputs, random_below (driver, driver->inputs->len));
    gsize size;
    const uint8_t *data = g_bytes_get_data (input, &size);
    gsize changes = 1 + random_below (driver, 6);

    g_byte_array_set_size (bytes, 0);
    g_byte_array_append (bytes, data, MIN (size, driver->max_length));
    while (changes-- > 0)
      mutate (driver, bytes);
    run_one (driver, bytes->data, bytes->len);
  }
}

int
main (int argc, char **argv)
{
  Driver driver = {.state = 1,.max_length = 65536 };
  guint64 runs = 0;

  driver.inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (int i = 1; i < argc; i++) {
    if (g_str_has_prefix (argv[i], "-runs="))
      runs = g_ascii_strtoull (argv[i] + strlen ("-runs="), NULL, 10);
    else if (g_str_has_prefix (argv[i], "-seed="))
      driver.state = g_ascii_strtoull (argv[i] + strlen ("-seed="), NULL, 10) * 2 + 1;
    else if (g_str_has_prefix (argv[i], "-max_len="))
      driver.max_length = g_ascii_strtoull (argv[i] + strlen ("-max_len="), NULL, 10);
    else if (argv[i][0] != '-')
      add_corpus (&driver, argv[i]);
  }
  if (driver.inputs->len == 0) {
    fprintf (stderr, "usage: %s [-runs=N] [-seed=N] [-max_len=BYTES] CORPUS...\n", argv[0]);
    return 2;
  }
  signal (SIGABRT, on_signal);
  signal (SIGTRAP, on_signal);
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback (save_crash);
  else
    signal (SIGSEGV, on_signal);

  for (guint i = 0; i < driver.inputs->len; i++) {
    gsize size;
    const uint8_t *data = g_bytes_get_data (g_ptr_array_index (driver.inputs, i), &size);

    run_one (&driver, data, size);
  }
  run_mutations (&driver, runs);
  printf ("%" G_GUINT64_FORMAT " executions, %u of them the corpus\n", driver.done,
      driver.inputs->len);
  g_ptr_array_unref (driver.inputs);
  return 0;
}
