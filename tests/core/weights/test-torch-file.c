/* Files of torch.save(): those of real models against their safetensors, and archives that lie. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/weights/checkpoint.h"
#include "core/error.h"
#include "core/input/input_file.h"
#include "core/model/naming.h"
#include "core/weights/torch_file.h"
#include "tests/core/weights/torch_files.h"
#include "tests/support/temp_files.h"

static const guint8 storage[24] = { 1, 2, 3 };

static CnxInputFile *
open_input (const char *path)
{
  g_autoptr (GError) error = NULL;
  CnxInputFile *file = cnx_input_file_open (path, &error);

  g_assert_no_error (error);
  return file;
}

/* Of a file that has @size bytes when it is opened, and those of @bytes when it is read. */
static GArray *
read_sized (GByteArray * bytes, guint64 size, GError ** error)
{
  int fd = open ("t.pth", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  g_assert_cmpint (write (fd, bytes->data, bytes->len), ==, bytes->len);
  g_assert_cmpint (ftruncate (fd, size), ==, 0);
  g_autoptr (CnxInputFile) file = open_input ("t.pth");
  g_assert_cmpint (ftruncate (fd, bytes->len), ==, 0);
  close (fd);
  return cnx_torch_file_read (file, NULL, error);
}

static GArray *
read_bytes (GByteArray * bytes, GError ** error)
{
  return read_sized (bytes, bytes->len, error);
}

static void
assert_refused (GArray * tensors, GError ** error, const char *says)
{
  g_assert_null (tensors);
  g_assert_error (*error, CNX_ERROR, CNX_ERROR_FORMAT);
  g_assert_true (g_utf8_validate ((*error)->message, -1, NULL));
  cnx_test_assert_message (*error, "'t.pth'", says, NULL);
}

static void
add_pickle (CnxTestZip * zip, const char *name, const char *program)
{
  g_autoptr (GByteArray) pickle = cnx_test_pickle (program);

  cnx_test_zip_add (zip, name, pickle->data, pickle->len);
}

/* A file of the tensor 'w', 2 x 3 floats. */
static GByteArray *
good_file (gboolean zip64)
{
  CnxTestZip *zip = cnx_test_zip_new ();

  zip->zip64 = zip64;
  add_pickle (zip, "any name/data.pkl", CNX_TEST_GOOD_PICKLE);
  cnx_test_zip_add (zip, "any name/byteorder", "little", 6);
  cnx_test_zip_add (zip, "any name/data/0", storage, sizeof storage);
  cnx_test_zip_add (zip, "any name/version", "3\n", 2);
  return cnx_test_zip_end (zip, -1);
}

static void
check_good (GByteArray * bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) tensors = read_bytes (bytes, &error);
  const CnxTensor *tensor;

  g_assert_no_error (error);
  g_assert_cmpuint (tensors->len, ==, 1);
  tensor = &g_array_index (tensors, CnxTensor, 0);
  g_assert_cmpstr (tensor->name, ==, "w");
  g_assert_cmpint (tensor->dtype, ==, CNX_DTYPE_F32);
  g_assert_cmpint (tensor->n_dims, ==, 2);
  g_assert_cmpint (tensor->strides[0], ==, 3);
  g_assert_cmpuint (tensor->offset + sizeof storage, <=, bytes->len);
  g_assert_cmpmem (bytes->data + tensor->offset, sizeof storage, storage, sizeof storage);
}

static void
test_good (void)
{
  g_autoptr (GByteArray) bytes = good_file (FALSE);

  check_good (bytes);
}

static void
test_zip64 (void)
{
  g_autoptr (GByteArray) bytes = good_file (TRUE);

  check_good (bytes);
}

static void
add_to_number (guint8 * bytes, guint64 more)
{
  guint64 number;

  memcpy (&number, bytes, sizeof number);
  number = GUINT64_TO_LE (GUINT64_FROM_LE (number) + more);
  memcpy (bytes, &number, sizeof number);
}

/* A training checkpoint of a large variant: a storage, the directory and its end are past 4 GiB. */
static void
test_large (void)
{
  const guint64 hole = G_GUINT64_CONSTANT (5) << 30;
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) tensors = NULL;
  guint local, record;
  guint8 read[sizeof storage];
  int fd = open ("t.pth", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  zip->zip64 = TRUE;
  add_pickle (zip, "a/data.pkl", CNX_TEST_GOOD_PICKLE);
  local = zip->bytes->len;
  record = cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
  add_to_number (zip->directory->data + record + 46 + strlen ("a/data/0") + 4 + 16, hole);
  bytes = cnx_test_zip_end (zip, -1);
  add_to_number (bytes->data + bytes->len - 22 - 20 + 8, hole);
  add_to_number (bytes->data + bytes->len - 22 - 20 - 56 + 48, hole);
  g_assert_cmpint (pwrite (fd, bytes->data, local, 0), ==, local);
  g_assert_cmpint (pwrite (fd, bytes->data + local, bytes->len - local, local + hole), ==,
      bytes->len - local);

  g_autoptr (CnxInputFile) file = open_input ("t.pth");
  g_assert_cmpuint (cnx_input_file_size (file), ==, bytes->len + hole);
  tensors = cnx_torch_file_read (file, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tensors->len, ==, 1);
  g_assert_cmpint (pread (fd, read, sizeof read,
          g_array_index (tensors, CnxTensor, 0).offset), ==, sizeof read);
  g_assert_cmpmem (read, sizeof read, storage, sizeof storage);
  close (fd);
}

/* Two tensors in one storage, the second in its middle. */
static void
test_view (void)
{
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) tensors = NULL;

  add_pickle (zip, "a/data.pkl", "x80 x02 } ( " CNX_TEST_GOOD_TENSOR
      CNX_TEST_TENSOR ("v", "FloatStorage", "0", "6", "4", "2", "1") "u .");
  cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
  bytes = cnx_test_zip_end (zip, -1);
  tensors = read_bytes (bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tensors->len, ==, 2);
  g_assert_cmpuint (g_array_index (tensors, CnxTensor, 1).offset, ==,
      g_array_index (tensors, CnxTensor, 0).offset + 16);
}

/* Dicts of tensors beside the one that is read are told, but not what an average is one of. */
static void
test_others (void)
{
  static const struct
  {
    const char *program, *unread;
  } rows[] = {
    {"x80 x02 } ( 'teacher' } ( " CNX_TEST_GOOD_TENSOR "u 'student' } ( " CNX_TEST_GOOD_TENSOR "u 'epoch' } u .",
        "teacher (a dict of tensors)"},
    {"x80 x02 } ( 'model_ema' } ( " CNX_TEST_GOOD_TENSOR "u 'model' } ( " CNX_TEST_GOOD_TENSOR "u u .", NULL},
    {"x80 x02 } ( 'model' } ( " CNX_TEST_GOOD_TENSOR "u q x00 'again' h x00 u .", NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxTestZip *zip = cnx_test_zip_new ();
    g_autoptr (GByteArray) bytes = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxCheckpoint) checkpoint = NULL;
    guint count;

    add_pickle (zip, "a/data.pkl", rows[i].program);
    cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
    bytes = cnx_test_zip_end (zip, -1);
    g_assert_true (g_file_set_contents ("t.pth", (const char *) bytes->data, bytes->len, NULL));
    checkpoint = cnx_checkpoint_open ("t.pth", &error);
    g_assert_no_error (error);
    g_assert_cmpstr (cnx_checkpoint_unread (checkpoint, &count)[0], ==, rows[i].unread);
    g_assert_cmpuint (count, ==, rows[i].unread ? 1 : 0);
  }
}

/* As a checkpoint: values stored transposed come in the order of the shape; a size of 1 may have any stride. */
static void
test_strides (void)
{
  static const float values[] = { 1, 2, 3, 4, 5, 6 }, transposed[] = { 1, 3, 5, 2, 4, 6 };
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxCheckpoint) checkpoint = NULL;
  float read[6];

  add_pickle (zip, "a/data.pkl", "x80 x02 } ( " CNX_TEST_TENSOR ("t", "FloatStorage", "0", "6", "0", "2 3", "1 2")
      CNX_TEST_TENSOR ("o", "FloatStorage", "0", "6", "0", "1 2 3", "7 3 1") "u .");
  cnx_test_zip_add (zip, "a/data/0", (const char *) values, sizeof values);
  bytes = cnx_test_zip_end (zip, -1);
  g_assert_true (g_file_set_contents ("t.pth", (const char *) bytes->data, bytes->len, NULL));
  checkpoint = cnx_checkpoint_open ("t.pth", &error);
  g_assert_no_error (error);
  cnx_tensor_read (cnx_checkpoint_find (checkpoint, "t"), 0, 6, read);
  g_assert_cmpmem (read, sizeof read, transposed, sizeof transposed);
  cnx_tensor_read (cnx_checkpoint_find (checkpoint, "t"), 2, 3, read);
  g_assert_cmpmem (read, 3 * sizeof *read, transposed + 2, 3 * sizeof *read);
  g_assert_true (cnx_checkpoint_find (checkpoint, "o")->contiguous);
  cnx_tensor_read (cnx_checkpoint_find (checkpoint, "o"), 0, 6, read);
  g_assert_cmpmem (read, sizeof read, values, sizeof values);
}

/* Cut short anywhere, it is refused; so it is when it is cut after its size was taken. */
static void
test_truncated (void)
{
  for (int zip64 = 0; zip64 < 2; zip64++) {
    g_autoptr (GByteArray) bytes = good_file (zip64);
    guint size = bytes->len;

    while (bytes->len > 0) {
      g_autoptr (GError) error = NULL, later_error = NULL;

      g_byte_array_set_size (bytes, bytes->len - 1);
      assert_refused (read_bytes (bytes, &error), &error, "");
      assert_refused (read_sized (bytes, size, &later_error), &later_error,
          bytes->len < 4 ? "" : "the file became shorter");
    }
  }
}

/* Archives of one broken thing each: what is in place of the pickle, the byte order and the storage. */
static const struct
{
  const char *what;
  const char *program;          /* NULL: no pickle */
  const char *other;            /* a further entry, and what it holds */
  const char *holds;
  int storage_size;             /* -1: no storage */
  const char *says;
} broken[] = {
  {"no-pickle", NULL, NULL, NULL, 24, "no folder in it has a data.pkl"},
  {"two-pickles", CNX_TEST_GOOD_PICKLE, "b/data.pkl", "x", 24, "'a/data.pkl' and 'b/data.pkl' are both"},
  {"keras", NULL, "model.weights.h5", "x", 24, "seems to be a Keras model"},
  {"npz", NULL, "w.npy", "x", 24, "seems to be NumPy arrays"},
  {"pt2", NULL, "m/archive_format", "pt2", 24, "a program of torch.export() (.pt2): save model.state_dict()"},
  {"packed", NULL, "model.safetensors", "x", 24, "a packed folder: unpack it first"},
  {"pickle-outside", NULL, "data.pkl", "x", 24, "no folder in it has a data.pkl"},
  {"twice", CNX_TEST_GOOD_PICKLE, "a/data.pkl", "x", 24, "entry 'a/data.pkl': it is there twice"},
  {"storage-twice", CNX_TEST_GOOD_PICKLE, "a/data/0", "x", 24, "entry 'a/data/0': it is there twice"},
  {"big-endian", CNX_TEST_GOOD_PICKLE, "a/byteorder", "big", 24, "not 'little'"},
  {"byteorder-start", CNX_TEST_GOOD_PICKLE, "a/byteorder", "littl", 24, "not 'little'"},
  {"byteorder-long", CNX_TEST_GOOD_PICKLE, "a/byteorder", "little and long enough", 24, "at most 16"},
  {"torchscript", CNX_TEST_GOOD_PICKLE, "a/constants.pkl", "x", 24, "a TorchScript archive, not a state_dict"},
  {"call", "x80 x02 @os/system 'touch' x85 R .", NULL, NULL, 24, "its data.pkl: GLOBAL (0x63) at byte 2"},
  {"no-storage", CNX_TEST_GOOD_PICKLE, NULL, NULL, -1, "tensor 'w': its storage 'a/data/0' is not in"},
  {"short-storage", CNX_TEST_GOOD_PICKLE, NULL, NULL, 23, "should hold 24 bytes, and holds 23"},
  {"storage-up", "x80 x02 } ( " CNX_TEST_TENSOR ("w", "FloatStorage", "../0", "6", "0", "6", "1") "u .", NULL,
      NULL, 24, "'a/data/../0' is not in"},
  {"control-name", CNX_TEST_GOOD_PICKLE, "a/\033[m", "x", 24, "not printable"},
  {"not-utf8-name", CNX_TEST_GOOD_PICKLE, "a/\377", "x", 24, "not printable"},
};

static void
test_broken (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;

  if (broken[i].program)
    add_pickle (zip, "a/data.pkl", broken[i].program);
  if (broken[i].other)
    cnx_test_zip_add (zip, broken[i].other, broken[i].holds, strlen (broken[i].holds));
  if (broken[i].storage_size >= 0)
    cnx_test_zip_add (zip, "a/data/0", storage, broken[i].storage_size);
  bytes = cnx_test_zip_end (zip, -1);
  assert_refused (read_bytes (bytes, &error), &error, broken[i].says);
}

/* Directories that say other than what is there: bytes of a storage's record that are set, and the count of entries. */
static const struct
{
  const char *what;
  guint at;                     /* in the record */
  guint32 number;
  guint size;
  int entries;
  const char *says;
} lies[] = {
  {"compressed", 10, 8, 2, -1, "entry 'a/data/0': it is compressed"},
  {"unknown-method", 10, 99, 2, -1, ""},
  {"encrypted", 8, 1, 2, -1, "it is encrypted"},
  {"stored-size", 20, 1000, 4, -1, "it is compressed"},
  {"size", 24, 1000, 4, -1, "it is compressed"},
  {"small-size", 24, 3, 4, -1, "should hold 24 bytes, and holds 3"},
  {"place", 42, 7, 4, -1, "cannot be read"},
  {"place-outside", 42, 0xfffffff0, 4, -1, "cannot be read"},
  {"signature", 0, 0, 4, -1, "cannot be read as a zip archive"},
  {"name-length", 28, 0xffff, 2, -1, "cannot be read as a zip archive"},
  {"extra-length", 30, 0xffff, 2, -1, "cannot be read as a zip archive"},
  {"fewer-entries", 0, 0, 0, 1, "cannot be read as a zip archive"},
  {"many-entries", 0, 0, 0, 65535, "cannot be read as a zip archive"},
  {"more-entries", 0, 0, 0, 3, "cannot be read as a zip archive"},
};

static void
test_lies (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  CnxTestZip *zip = cnx_test_zip_new ();
  guint32 number = GUINT32_TO_LE (lies[i].number);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;
  guint record;

  add_pickle (zip, "a/data.pkl", CNX_TEST_GOOD_PICKLE);
  record = cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
  memcpy (zip->directory->data + record + lies[i].at, &number, lies[i].size);
  bytes = cnx_test_zip_end (zip, lies[i].entries);
  assert_refused (read_bytes (bytes, &error), &error, lies[i].says);
}

/* Both headers agree, and the data reach into the directory and past it. */
static void
test_past_the_end (void)
{
  CnxTestZip *zip = cnx_test_zip_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;
  guint record, local;

  add_pickle (zip, "a/data.pkl", CNX_TEST_GOOD_PICKLE);
  local = zip->bytes->len;
  record = cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
  for (int i = 0; i < 2; i++) {
    zip->directory->data[record + 20 + 4 * i + 2] = 1;  /* 65536 more */
    zip->bytes->data[local + 18 + 4 * i + 2] = 1;
  }
  bytes = cnx_test_zip_end (zip, -1);
  assert_refused (read_bytes (bytes, &error), &error, "reaches past the end of the file");
}

/* What the directory says of the pickle: a checksum, a method and a size that are not its own. */
static void
test_pickle_lies (void)
{
  static const struct
  {
    guint at;                   /* in the record */
    guint32 number;
    guint size;
    const char *says;
  } rows[] = {
    {16, 0x12345678, 4, "entry 'a/data.pkl': cannot be read (CRC"},
    {10, 8, 2, "entry 'a/data.pkl': cannot be read"},
    {24, 64 * 1024 * 1024 + 1, 4, "at most 67108864 are read"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxTestZip *zip = cnx_test_zip_new ();
    guint32 number = GUINT32_TO_LE (rows[i].number);
    g_autoptr (GByteArray) bytes = NULL;
    g_autoptr (GError) error = NULL;

    add_pickle (zip, "a/data.pkl", CNX_TEST_GOOD_PICKLE);
    memcpy (zip->directory->data + rows[i].at, &number, rows[i].size);
    cnx_test_zip_add (zip, "a/data/0", storage, sizeof storage);
    bytes = cnx_test_zip_end (zip, -1);
    assert_refused (read_bytes (bytes, &error), &error, rows[i].says);
  }
}

/* What people hand over in place of such a file. */
static void
test_other_files (void)
{
  static const struct
  {
    const char *bytes;
    gsize size;
    gboolean matches;
    const char *says;
  } rows[] = {
    {"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19.\x80\x02M\xe9\x03.", 20, TRUE, "before 1.6, or in its format: "
          "save it again with a newer one, by torch.save(torch.load(f), f)"},
    {"\x80\x03\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19.\x80\x03M\xe9\x03.", 20, TRUE, "before 1.6"},
    {"\x80\x04\x95\x0d\0\0\0\0\0\0\0\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19.\x80\x04\x95", 28, TRUE, "before 1.6"},
    {"L119547037146038801333356L\n.I1001\n.(dp0\n", 40, TRUE, "before 1.6"},
    {"L119547037146038801333357L\n.I1001\n.(dp0\n", 40, FALSE, "not a zip archive"},
    {"\x80\x02}q\0.", 6, FALSE, "not a zip archive"},
    {"PK\003\004 and no more", 16, TRUE, "cannot be read as a zip archive"},
    {"", 0, FALSE, "not a zip archive"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GError) error = NULL;

    g_byte_array_append (bytes, (const guint8 *) rows[i].bytes, rows[i].size);
    g_assert_cmpint (cnx_torch_file_matches ((const guint8 *) rows[i].bytes, rows[i].size), ==,
        rows[i].matches);
    assert_refused (read_bytes (bytes, &error), &error, rows[i].says);
  }
}

typedef struct
{
  GArray *tensors;
  guint8 *bytes;
  gsize size;
} Golden;

static Golden
open_golden (const char *name)
{
  g_autofree char *path = cnx_test_data (name);
  g_autoptr (GError) error = NULL;
  Golden golden = { 0 };
  g_autoptr (CnxInputFile) file = open_input (path);

  g_assert_true (g_file_get_contents (path, (char **) &golden.bytes, &golden.size, NULL));
  golden.tensors = cnx_torch_file_read (file, NULL, &error);
  g_assert_no_error (error);
  return golden;
}

static void
clear_golden (Golden * golden)
{
  g_array_unref (golden->tensors);
  g_free (golden->bytes);
}

static const CnxTensor *
find_tensor (const Golden * golden, const char *name)
{
  for (guint i = 0; i < golden->tensors->len; i++) {
    const CnxTensor *tensor = &g_array_index (golden->tensors, CnxTensor, i);

    if (strcmp (tensor->name, name) == 0)
      return tensor;
  }
  return NULL;
}

/* The same values in the same order, whatever ones are in the shape. */
static void
assert_same (const Golden * golden, const CnxTensor * tensor, const CnxTensor * expected)
{
  g_autofree guint8 *bytes = NULL;
  gint64 count = 1;
  gsize size;

  for (int i = tensor->n_dims - 1; i >= 0; i--) {
    g_assert_true (tensor->dims[i] == 1 || tensor->strides[i] == count);
    count *= tensor->dims[i];
  }
  g_assert_cmpint (tensor->dtype, ==, expected->dtype);
  g_assert_cmpuint (count, ==, expected->count);
  size = count * tensor->value_size;
  g_assert_cmpuint (tensor->offset + size, <=, golden->size);
  bytes = g_malloc (size);
  g_assert_true (cnx_input_file_read (expected->file, expected->offset, size, bytes));
  g_assert_cmpmem (golden->bytes + tensor->offset, size, bytes, size);
}

static void
test_golden_torchvision (void)
{
  g_autofree char *path = cnx_test_data ("golden/torchvision_v1.safetensors");
  g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (path, NULL);
  Golden golden = open_golden ("golden/torchvision_v1.pth");

  g_assert_cmpuint (golden.tensors->len, ==, cnx_checkpoint_n_tensors (checkpoint));
  for (guint i = 0; i < golden.tensors->len; i++) {
    const CnxTensor *expected = cnx_checkpoint_tensor (checkpoint, i);
    const CnxTensor *tensor = find_tensor (&golden, expected->name);

    g_assert_nonnull (tensor);
    g_assert_cmpint (tensor->n_dims, ==, expected->n_dims);
    for (int d = 0; d < tensor->n_dims; d++)
      g_assert_cmpint (tensor->dims[d], ==, expected->dims[d]);
    assert_same (&golden, tensor, expected);
  }
  clear_golden (&golden);
}

/* Compares the tensor of that role, where there is one; returns whether there is. */
static gboolean
check_role (const Golden * golden, CnxCheckpoint * checkpoint, CnxRole role, int stage, int block)
{
  g_autofree char *name = cnx_scheme_tensor_name (CNX_SCHEME_ORIGINAL, role, stage, block);
  g_autofree char *timm = cnx_scheme_tensor_name (CNX_SCHEME_TIMM, role, stage, block);

  if (!name)
    return FALSE;
  const CnxTensor *tensor = find_tensor (golden, name);
  const CnxTensor *expected = cnx_checkpoint_find (checkpoint, timm);
  g_assert_true ((tensor != NULL) == (expected != NULL));
  if (tensor)
    assert_same (golden, tensor, expected);
  return tensor != NULL;
}

static void
check_golden_original (const char *name, const char *timm)
{
  g_autofree char *path = cnx_test_data (timm);
  g_autoptr (CnxCheckpoint) checkpoint = cnx_checkpoint_open (path, NULL);
  Golden golden = open_golden (name);
  guint found = 0;

  for (int role = 0; role < CNX_N_ROLES; role++) {
    int stages = cnx_role_is_per_stage (role) ? CNX_STAGES : 1;
    int first = role == CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT || role == CNX_ROLE_DOWNSAMPLE_NORM_BIAS
        || role == CNX_ROLE_DOWNSAMPLE_WEIGHT || role == CNX_ROLE_DOWNSAMPLE_BIAS ? 1 : 0;

    for (int stage = first; stage < stages; stage++) {
      int blocks = cnx_role_is_per_block (role) ? 9 : 1;

      for (int block = 0; block < blocks; block++)
        found += check_role (&golden, checkpoint, role, stage, block);
    }
  }
  g_assert_cmpuint (found, ==, golden.tensors->len);
  g_assert_cmpuint (found, ==, cnx_checkpoint_n_tensors (checkpoint));
  clear_golden (&golden);
}

static void
test_golden_original (void)
{
  check_golden_original ("golden/original_v1.pth", "golden/timm_v1.safetensors");
  check_golden_original ("golden/original_v2.pth", "golden/timm_v2.safetensors");
}

int
main (int argc, char **argv)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();

  g_assert_cmpint (chdir (dir), ==, 0); /* where "t.pth" is */
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/torch-file/good", test_good);
  g_test_add_func ("/torch-file/zip64", test_zip64);
  g_test_add_func ("/torch-file/large", test_large);
  g_test_add_func ("/torch-file/view", test_view);
  g_test_add_func ("/torch-file/others", test_others);
  g_test_add_func ("/torch-file/strides", test_strides);
  g_test_add_func ("/torch-file/truncated", test_truncated);
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *name = g_strconcat ("/torch-file/broken/", broken[i].what, NULL);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_broken);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (lies); i++) {
    g_autofree char *name = g_strconcat ("/torch-file/lies/", lies[i].what, NULL);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_lies);
  }
  g_test_add_func ("/torch-file/past-the-end", test_past_the_end);
  g_test_add_func ("/torch-file/pickle-lies", test_pickle_lies);
  g_test_add_func ("/torch-file/other-files", test_other_files);
  g_test_add_func ("/torch-file/golden/torchvision", test_golden_torchvision);
  g_test_add_func ("/torch-file/golden/original", test_golden_original);
  return g_test_run ();
}
