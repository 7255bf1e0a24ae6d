/* What a decoder's process says that a file has taken over: frames that are none, and messages that no decoder of ours
 * sends. */
#include "pipelines/tag/read/decoder.h"
#include "pipelines/tag/read/snapshot.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vips/vips.h>

#define ROOM (1 << 20)
#define WIDTH 62
#define HEIGHT 32

/* ---- frames ---- */

/* Memory that ends where nobody may read. */
static guint8 *
make_room (void)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  guint8 *room = mmap (NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (room != MAP_FAILED);
  g_assert_no_errno (mprotect (room + ROOM, page, PROT_NONE));
  return room;
}

/* Whether a small picture came of a frame of @info in the last @size bytes of @room. */
static gboolean
shoot (const GstVideoInfo * info, guint8 * room, gsize size, const gsize * offsets, const int *strides)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, room + ROOM - size, size, 0,
      size, NULL, NULL);
  g_autoptr (CnxTagThumbs) thumbs = cnx_tag_thumbs_new (4);
  GstVideoFrame frame;

  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (info), WIDTH, HEIGHT,
      GST_VIDEO_INFO_N_PLANES (info), (gsize *) offsets, (int *) strides);
  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_READ))
    return FALSE;
  cnx_snapshot_add (thumbs, 0, &frame, GST_VIDEO_ORIENTATION_IDENTITY);
  gst_video_frame_unmap (&frame);
  return cnx_tag_thumbs_list (thumbs)->len > 0;
}

/* As GStreamer lays it out, and not a byte more: a picture. Rows of a byte each, or that begin with the last bytes:
 * whatever comes of it, nobody reads what is not there. */
static void
shoot_format (GstVideoFormat format, guint8 * room)
{
  gsize offsets[GST_VIDEO_MAX_PLANES];
  int strides[GST_VIDEO_MAX_PLANES];
  GstVideoInfo info;

  gst_video_info_init (&info);
  if (!gst_video_info_set_format (&info, format, WIDTH, HEIGHT))
    return;
  g_test_message ("%s", gst_video_format_to_string (format));
  const gboolean made = shoot (&info, room, info.size, info.offset, info.stride);
  g_assert_true (made || GST_VIDEO_FORMAT_INFO_IS_TILED (info.finfo));  /* some of which nobody converts */
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (&info); p++) {
    offsets[p] = MIN (info.offset[p], HEIGHT - 1);
    strides[p] = 1;
  }
  shoot (&info, room, HEIGHT, offsets, strides);
  shoot (&info, room, info.size, info.offset, strides);
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (&info); p++)
    offsets[p] = info.size - 4;
  g_assert_false (shoot (&info, room, info.size, offsets, info.stride));
  g_assert_false (shoot (&info, room, info.size / 4, info.offset, info.stride));
}

static void
test_snapshots (void)
{
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);
  guint8 *room = make_room ();

  for (guint i = 0; i < n; i++)
    shoot_format (formats[i], room);
  munmap (room, ROOM + sysconf (_SC_PAGESIZE));
}

/* ---- caps ---- */

static gboolean
tell_caps (const char *text)
{
  g_autoptr (CnxFramesIn) in = cnx_frames_in_new ();
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new ("(s)", text));

  return cnx_frames_in_take_caps (in, body);
}

/* Text that is longer than any caps, or that would be read by a function that calls itself, is not read at all. */
static void
test_caps (void)
{
  static const char fine[] = "video/x-raw, format=RGB, width=8, height=8, framerate=1/1";
  g_autofree char *braces = g_strnfill (30000, '{');
  g_autofree char *spaces = g_strnfill (8192, ' ');
  g_autofree char *nested = g_strconcat (fine, ", a=", braces, NULL);
  g_autofree char *long_one = g_strconcat (fine, spaces, NULL);
  g_autofree char *list = g_strconcat (fine, ", a=<1>", NULL);

  g_assert_true (tell_caps (fine));
  g_assert_false (tell_caps (nested));
  g_assert_false (tell_caps (long_one));
  g_assert_false (tell_caps (list));
}

/* ---- messages ---- */

static guint
count_descriptors (void)
{
  GDir *dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir))
    n++;
  g_dir_close (dir);
  return n;
}

/* Sends @size bytes of a message of CNX_WIRE_RELEASE, with @n descriptors. */
static void
send_raw (int fd, gsize size, guint n)
{
  guint32 words[] = { CNX_WIRE_RELEASE, 0 };
  struct iovec part = { words, size };
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (8 * sizeof (int))];
  } beside = { 0 };
  struct msghdr message = {.msg_iov = &part,.msg_iovlen = 1,.msg_control = &beside,
    .msg_controllen = CMSG_SPACE (n * sizeof (int))
  };
  int fds[8];

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (fds));
  for (guint i = 0; i < n; i++)
    fds[i] = STDIN_FILENO;
  beside.header = (struct cmsghdr) {CMSG_LEN (n * sizeof (int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy (CMSG_DATA (&beside.header), fds, n * sizeof (int));
  g_assert_cmpint (sendmsg (fd, &message, 0), ==, size);
}

/* However many descriptors come, with a message or with an empty one: none is left open that nobody knows of. */
static void
test_descriptors (void)
{
  const guint before = count_descriptors ();
  int ends[2], passed;
  CnxWire what;

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  send_raw (ends[0], 8, 1);
  g_autoptr (GVariant) body = cnx_wire_receive (ends[1], &what, &passed);
  g_assert_nonnull (body);
  g_assert_cmpint (passed, >=, 0);
  close (passed);
  for (guint n = 2; n <= 8; n++) {
    send_raw (ends[0], 8, n);
    g_assert_null (cnx_wire_receive (ends[1], &what, &passed));
  }
  send_raw (ends[0], 0, 1);
  g_assert_null (cnx_wire_receive (ends[1], &what, &passed));
  close (ends[0]);
  close (ends[1]);
  g_assert_cmpuint (count_descriptors (), ==, before);
}

/* ---- processes ---- */

/* Gives frames for ever, and reads nothing but the first message. */
static void
be_deaf (int fd, guint64 memory)
{
  g_autoptr (GVariant) planes = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(ti)"), NULL, 0));
  CnxWire what;
  int passed;
  g_autoptr (GVariant) body = cnx_wire_receive (fd, &what, &passed);

  cnx_wire_send (fd, CNX_WIRE_MEMORY, g_variant_new ("(ut)", 0, (guint64) 4096), -1);
  cnx_wire_send (fd, CNX_WIRE_CAPS, g_variant_new ("(s)", "video/x-raw, format=GRAY8, width=4, height=4, "
          "framerate=1/1"), -1);
  while (cnx_wire_send (fd, CNX_WIRE_FRAME, g_variant_new ("(utdxuu(iidddd)(uuuu)(uuu@a(ti)))", 0, (guint64) 16, 0.0,
              (gint64) 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0, 0, 0, 0, 0, planes), -1))
    continue;
}

/* Who writes does not wait for ever for who does not read. */
static void
test_deaf (void)
{
  const CnxKeeperOptions options = { 0, be_deaf };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxKeeper) keeper = cnx_keeper_new (&options, &error);
  g_autoptr (CnxDecoder) decoder = cnx_decoder_new (keeper, 30, NULL);

  g_assert_no_error (error);
  g_assert_true (cnx_decoder_ask (decoder, CNX_WIRE_PICTURE, g_variant_new ("(^ayi)", "a", 1), &error));
  for (;;) {
    CnxFrameNote note;
    CnxWire what;
    guint slot;
    g_autoptr (GVariant) body = cnx_decoder_hear (decoder, &what, &error);
    g_assert_no_error (error);
    g_assert_cmpint (what, ==, CNX_WIRE_FRAME);
    g_autoptr (GstBuffer) frame = cnx_frames_in_take (cnx_decoder_frames (decoder), body, &note, &slot);
    g_assert_nonnull (frame);
    g_clear_pointer (&frame, gst_buffer_unref);
    if (!cnx_decoder_release (decoder, slot, &error))
      break;
  }
  g_assert_nonnull (strstr (error->message, "nonsense"));
}

static void
wait_to_be_told (int fd, guint64 memory)
{
  CnxWire what;
  int passed;

  while (cnx_wire_receive (fd, &what, &passed))
    continue;
}

/* One that does not end when it is killed, here for somebody watches it, is not waited for. */
static void
test_undead (void)
{
  const CnxKeeperOptions options = { 0, wait_to_be_told };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxKeeper) keeper = cnx_keeper_new (&options, &error);
  pid_t pid;
  const int fd = cnx_keeper_start (keeper, &pid, &error);

  g_assert_no_error (error);
  if (ptrace (PTRACE_SEIZE, pid, NULL, NULL) == 0)
    g_assert_cmpint (cnx_keeper_end (keeper, pid), ==, SIGKILL);
  else
    g_test_skip ("no process may be watched here");
  waitpid (pid, NULL, 0);
  close (fd);
}

static pid_t tester;

/* As a ^Z does it, longer than the patience; and then the answer. */
static void
stop_the_other (int fd, guint64 memory)
{
  CnxWire what;
  int passed;
  g_autoptr (GVariant) body = cnx_wire_receive (fd, &what, &passed);

  kill (tester, SIGSTOP);
  g_usleep (G_USEC_PER_SEC * 5 / 2);
  kill (tester, SIGCONT);
  g_usleep (G_USEC_PER_SEC / 4);        /* it looks at its clock before there is an answer */
  cnx_wire_send (fd, CNX_WIRE_KIND_IS, g_variant_new ("(u)", 1), -1);
  wait_to_be_told (fd, memory);
}

/* While a process is stopped, no decoder keeps it waiting. */
static void
test_stopped (void)
{
  const CnxKeeperOptions options = { 0, stop_the_other };
  g_autoptr (GError) error = NULL;
  CnxWire what;

  tester = getpid ();
  g_autoptr (CnxKeeper) keeper = cnx_keeper_new (&options, &error);
  g_autoptr (CnxDecoder) decoder = cnx_decoder_new (keeper, 2, NULL);
  g_assert_true (cnx_decoder_ask (decoder, CNX_WIRE_KIND, g_variant_new ("(^ay)", "a"), &error));
  g_autoptr (GVariant) body = cnx_decoder_hear (decoder, &what, &error);
  g_assert_no_error (error);
  g_assert_cmpint (what, ==, CNX_WIRE_KIND_IS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag/hostile/descriptors", test_descriptors);
  g_test_add_func ("/tag/hostile/deaf", test_deaf);
  g_test_add_func ("/tag/hostile/undead", test_undead);
  g_test_add_func ("/tag/hostile/stopped", test_stopped);
  gst_init (NULL, NULL);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  g_assert_cmpint (vips_init (argv[0]), ==, 0);
  g_test_add_func ("/tag/hostile/snapshots", test_snapshots);
  g_test_add_func ("/tag/hostile/caps", test_caps);
  return g_test_run ();
}
