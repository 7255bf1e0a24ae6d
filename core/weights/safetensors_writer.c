#include "core/weights/safetensors_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/weights/half.h"

struct _CnxSafetensorsWriter
{
  char *path, *part;
  GString *header;
  guint64 declared, written;    /* bytes of values */
  FILE *file;
  int failed;                   /* errno of what failed first */
};

char *
cnx_safetensors_part_name (const char *path)
{
  return g_strdup_printf ("%s.%d.part", path, (int) getpid ());
}

CnxSafetensorsWriter *
cnx_safetensors_writer_new (const char *path)
{
  CnxSafetensorsWriter *writer = g_new0 (CnxSafetensorsWriter, 1);

  writer->path = g_strdup (path);
  writer->part = cnx_safetensors_part_name (path);
  writer->header = g_string_new ("{\"__metadata__\":{\"format\":\"pt\"}");
  return writer;
}

void
cnx_safetensors_writer_free (CnxSafetensorsWriter * writer)
{
  if (writer->file) {
    fclose (writer->file);
    g_unlink (writer->part);
  }
  g_string_free (writer->header, TRUE);
  g_free (writer->path);
  g_free (writer->part);
  g_free (writer);
}

static gsize
value_size (CnxDtype dtype)
{
  return dtype == CNX_DTYPE_F32 ? 4 : 2;
}

void
cnx_safetensors_writer_declare (CnxSafetensorsWriter * writer, const char *name, CnxDtype dtype, int n_dims,
    const gint64 * dims)
{
  guint64 bytes = value_size (dtype);

  g_string_append_printf (writer->header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", name, cnx_dtype_name (dtype));
  for (int i = 0; i < n_dims; i++) {
    g_string_append_printf (writer->header, "%s%" G_GINT64_FORMAT, i ? "," : "", dims[i]);
    bytes *= dims[i];
  }
  g_string_append_printf (writer->header, "],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
      writer->declared, writer->declared + bytes);
  writer->declared += bytes;
}

static void
write_bytes (CnxSafetensorsWriter * writer, const void *bytes, gsize size)
{
  if (!writer->failed && writer->file && fwrite (bytes, 1, size, writer->file) != size)
    writer->failed = errno ? errno : EIO;
}

/* The header, padded so that the values begin at a multiple of eight bytes. */
static void
begin (CnxSafetensorsWriter * writer)
{
  guint64 length;

  g_string_append_c (writer->header, '}');
  while (writer->header->len % 8)
    g_string_append_c (writer->header, ' ');
  length = GUINT64_TO_LE (writer->header->len);
  g_unlink (writer->part);      /* what has our name is a leftover, or a link that somebody laid */
  writer->file = g_fopen (writer->part, "wbxe");
  if (!writer->file)
    writer->failed = errno;
  write_bytes (writer, &length, sizeof length);
  write_bytes (writer, writer->header->str, writer->header->len);
}

static void
write_piece (CnxSafetensorsWriter * writer, CnxDtype dtype, const float *values, gsize count)
{
  guint32 whole[1024];
  guint16 half[1024];

  for (gsize i = 0; i < count; i++)
    if (dtype == CNX_DTYPE_F32) {
      memcpy (&whole[i], &values[i], sizeof whole[i]);
      whole[i] = GUINT32_TO_LE (whole[i]);
    } else {
      half[i] = dtype == CNX_DTYPE_F16 ? cnx_fp16_from_float (values[i]) : cnx_bf16_from_float (values[i]);
      half[i] = GUINT16_TO_LE (half[i]);
    }
  if (dtype == CNX_DTYPE_F32)
    write_bytes (writer, whole, count * sizeof *whole);
  else
    write_bytes (writer, half, count * sizeof *half);
}

void
cnx_safetensors_writer_add (CnxSafetensorsWriter * writer, CnxDtype dtype, const float *values, gsize count)
{
  if (writer->written == 0 && !writer->file && !writer->failed)
    begin (writer);
  writer->written += count * value_size (dtype);
  for (gsize at = 0; at < count; at += 1024)
    write_piece (writer, dtype, values + at, MIN (count - at, 1024));
}

gboolean
cnx_safetensors_writer_finish (CnxSafetensorsWriter * writer, gboolean durable, GError ** error)
{
  g_return_val_if_fail (writer->written == writer->declared, FALSE);
  if (!writer->failed && (fflush (writer->file) != 0 || (durable && fsync (fileno (writer->file)) != 0)))
    writer->failed = errno;
  if (writer->file && fclose (writer->file) != 0 && !writer->failed)
    writer->failed = errno;
  writer->file = NULL;
  if (!writer->failed && g_rename (writer->part, writer->path) != 0)
    writer->failed = errno;
  if (!writer->failed)
    return TRUE;
  g_unlink (writer->part);
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "cannot write '%s': %s", writer->path,
      g_strerror (writer->failed));
  return FALSE;
}
