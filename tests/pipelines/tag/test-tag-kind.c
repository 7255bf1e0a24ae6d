/* What a file is taken for: by its bytes, and by its name where they say little. */
#include "pipelines/tag/read/kind.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <vips/vips.h>

#include "tests/support/temp_files.h"

#define BYTES(text) text, sizeof text - 1
/* What GStreamer knows XML by has some hundreds of bytes. */
#define BLANKS "                                                                                                    "
/* Zeros behind the bytes, so that there is something to look at. */
#define PADDING 4096

static const struct
{
  const char *name, *bytes;
  gsize length;
  CnxKind kind;
} rows[] = {
  /* text with a box's name at its fifth byte */
  {"a.txt", BYTES ("The free encyclopedia says that this is my aunt.\n"), CNX_KIND_OTHER},
  {"b.csv", BYTES ("id, skip\n1,2\n"), CNX_KIND_OTHER},
  {"c.md", BYTES ("How wide is the river?\n"), CNX_KIND_OTHER},
  {"d.txt", BYTES ("The meta physics\n"), CNX_KIND_OTHER},
  {"e.txt", BYTES ("The moov and the others\n"), CNX_KIND_OTHER},
  {"f.mp4", BYTES ("The mdat\r\n"), CNX_KIND_OTHER},
  {"g", BYTES ("\0\0\0\x10" "free--------"), CNX_KIND_OTHER},   /* a box of nothing, and then nothing */
  /* films, whole ones and ones that were cut short */
  {"h", BYTES ("\0\0\0\x18" "ftypisom\0\0\2\0isomiso2\0\0\0\x08" "free"), CNX_KIND_FILM},
  {"i.mov", BYTES ("\0\0\0\x08wide\0\0\x10\0mdat"), CNX_KIND_FILM},
  {"j.mov", BYTES ("\x7f\xff\0\0mdat"), CNX_KIND_FILM},
  {"k.mov", BYTES ("\0\0\0\x10skip--------\0\0\x10\0mdat"), CNX_KIND_FILM},
  {"l.mov", BYTES ("\0\0\0\1mdat\0\0\0\1\0\0\0\0"), CNX_KIND_FILM},
  {"m.3gp", BYTES ("\0\0\0\x18" "ftyp3gp4\0\0\0\0isom3gp4\0\0\x10\0moov"), CNX_KIND_FILM},
  /* a few bits that look like a stream of H.263 */
  {"n.h263", BYTES ("\0\0\x80\2\x08\0\0\0"), CNX_KIND_FILM},
  {"o.bin", BYTES ("\0\0\x80\2\x08\0\0\0"), CNX_KIND_OTHER},
  {"p", BYTES ("\0\0\x80\2\x08\0\0\0"), CNX_KIND_OTHER},
  /* cameras' raw files */
  {"r.cr3", BYTES ("\0\0\0\x18" "ftypcrx \0\0\0\1crx isom\0\0\x10\0moov"), CNX_KIND_RAW},
  {"s", BYTES ("\0\0\0\x18" "ftypcrx \0\0\0\1crx isom\0\0\x10\0moov"), CNX_KIND_RAW},
  {"t.cr2", BYTES ("II*\0\x10\0\0\0CR\2\0"), CNX_KIND_RAW},
  {"u.raf", BYTES ("FUJIFILMCCD-RAW 0201FF129502"), CNX_KIND_RAW},
  {"v.RW2", BYTES ("IIU\0\x18\0\0\0"), CNX_KIND_RAW},
  {"w.orf", BYTES ("IIRO\x08\0\0\0"), CNX_KIND_RAW},
  {"x.NEF", BYTES ("MM\0*\0\0\0\x08"), CNX_KIND_RAW},
  {"y.arw", BYTES ("II*\0\x08\0\0\0"), CNX_KIND_RAW},
  {"z.dng", BYTES ("II*\0\x08\0\0\0"), CNX_KIND_RAW},
  /* what says where films are */
  {"a.sdp", BYTES ("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\n"), CNX_KIND_SESSION},
  {"film.mp4", BYTES ("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\n"), CNX_KIND_SESSION},
  {"a.m3u8", BYTES ("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1/a\n"), CNX_KIND_PLAYLIST},
  {"a.mpd", BYTES ("<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">" BLANKS BLANKS BLANKS BLANKS
          BLANKS "</MPD>\n"), CNX_KIND_PLAYLIST},
  {"nef", BYTES ("no TIFF, and no point"), CNX_KIND_OTHER},
  {"text.nef", BYTES ("no TIFF at all"), CNX_KIND_OTHER},
};

static void
test_kinds (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_build_filename (dir, rows[i].name, NULL);
    g_autofree char *bytes = g_malloc0 (rows[i].length + PADDING);
    const gboolean is_text = rows[i].bytes[rows[i].length - 1] == '\n';
    g_autoptr (GError) error = NULL;
    CnxKind kind;

    memcpy (bytes, rows[i].bytes, rows[i].length);
    g_assert_true (g_file_set_contents (path, bytes, rows[i].length + (is_text ? 0 : PADDING), NULL));
    g_assert_true (cnx_kind_find (path, &kind, &error));
    g_assert_no_error (error);
    g_test_message ("%s: %d", rows[i].name, kind);
    g_assert_cmpint (kind, ==, rows[i].kind);
  }
}

/* Some libvips read it, and some do not: a film it is never. */
static void
test_jpeg_xl (void)
{
  static const char codestream[] = "\xff\x0a\0\0\x80\2\x08\0\0\0\0\0\0\0\0\0\0\0\0\0";
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "a.h263", NULL);
  CnxKind kind;

  g_assert_true (g_file_set_contents (path, codestream, sizeof codestream, NULL));
  g_assert_true (cnx_kind_find (path, &kind, NULL));
  g_assert_cmpint (kind, !=, CNX_KIND_FILM);
}

/* Pictures are, whatever they are called. */
static void
test_pictures (void)
{
  static const char *const names[] = { "pictures/china.jpg", "pictures/coffee.png" };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *from = cnx_test_data (names[i]), *path = cnx_test_copy (from, dir, "a.mp4");
    CnxKind kind;
    g_assert_true (cnx_kind_find (path, &kind, NULL));
    g_assert_cmpint (kind, ==, CNX_KIND_PICTURE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  g_assert_cmpint (vips_init (argv[0]), ==, 0);
  g_test_add_func ("/tag/kind/kinds", test_kinds);
  g_test_add_func ("/tag/kind/jpeg-xl", test_jpeg_xl);
  g_test_add_func ("/tag/kind/pictures", test_pictures);
  return g_test_run ();
}
