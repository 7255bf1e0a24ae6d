/* One file over libcurl: what is asked, what is made of each answer, and when it is tried again. */
#include "pipelines/fetch/download.h"
#include "pipelines/fetch/part.h"
#include "pipelines/fetch/url.h"
#include "core/input/input_file.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST_REDIRECTS 10
#define SLOW_BYTES 1000L        /* a second; less than this for the timeout's seconds is a stall */
#define MOST_DISCARDED 65536    /* of a redirect's own page */
#define SUM_BYTES (1 << 16)      /* that are summed at once */
#define MOST_DELAY 60           /* seconds between two tries */
/* So many bytes that came are progress: the tries are counted anew. */
#define PROGRESS_BYTES (1 << 20)

/* What a try came to. */
typedef enum
{
  OUTCOME_DONE,
  OUTCOME_REDIRECT,
  OUTCOME_ANEW,                 /* what is there is of another file: once more, from the start */
  OUTCOME_AGAIN,                /* it may pass */
  OUTCOME_FAILED,
} Outcome;

typedef struct
{
  const CnxDownload *job;
  char *shown;                  /* its URL, without what is secret */
  CURL *curl;
  CnxPart part;
  char said[CURL_ERROR_SIZE];   /* by libcurl, of the last failure */
  char *sha256;                 /* what the answers of this try name */
  gboolean ranged;              /* a range was asked for */
  gboolean begun, takes;        /* the answer was judged; its body is the file */
  gsize discarded;
  Outcome outcome;
  GError *error;
} Transfer;

static gboolean
is_https (const char *url)
{
  return g_ascii_strncasecmp (url, "https:", strlen ("https:")) == 0;
}

/* Sets the try's outcome and error, unless it has one already. */
static void G_GNUC_PRINTF (4, 5)
give_up (Transfer * t, Outcome outcome, CnxDownloadError code, const char *format, ...)
{
  va_list args;

  if (t->error)
    return;
  va_start (args, format);
  t->outcome = outcome;
  t->error = g_error_new_valist (CNX_DOWNLOAD_ERROR, code, format, args);
  va_end (args);
}

static void
take_error (Transfer * t, GError * error)
{
  t->outcome = OUTCOME_FAILED;
  t->error = error;
}

/* ---- what an answer's head says ---- */

/* A header of the last answer; NULL where it has none, or one that is not plain text. */
static const char *
header (Transfer * t, const char *name)
{
  struct curl_header *found;

  if (curl_easy_header (t->curl, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK || strlen (found->value) > 500)
    return NULL;
  for (const char *c = found->value; *c; c++)
    if (!g_ascii_isprint (*c))
      return NULL;
  return found->value;
}

/* However long: those that a hub signs have a thousand characters and more. libcurl tells where they lead. */
static gboolean
is_redirect (Transfer * t, long status)
{
  struct curl_header *found;

  return status >= 300 && status < 400
      && curl_easy_header (t->curl, "Location", 0, CURLH_HEADER, -1, &found) == CURLHE_OK && *found->value;
}

/* What a later try can ask for the rest by: If-Range takes a strong ETag only, since a weak one may stay while bytes
 * change. NULL also where the server says that it sends no ranges. */
static const char *
etag_for_ranges (Transfer * t)
{
  const char *etag = header (t, "ETag"), *ranges = header (t, "Accept-Ranges");
  const gsize length = etag ? strlen (etag) : 0;

  if (ranges && g_ascii_strcasecmp (ranges, "none") == 0)
    return NULL;
  return length > 2 && etag[0] == '"' && etag[length - 1] == '"' ? etag : NULL;
}

/* The hub names a large file's SHA-256 where it redirects to the storage: the first answer's word counts. */
static void
read_sha256 (Transfer * t)
{
  const char *value = header (t, "X-Linked-ETag");
  g_autofree char *digits = g_strdup (value ? value : "");

  g_strdelimit (digits, "\"", ' ');
  g_strstrip (digits);
  if (!t->sha256 && cnx_is_sha256 (digits))
    t->sha256 = g_ascii_strdown (digits, -1);
}

static gboolean
is_page (Transfer * t)
{
  const char *type = NULL;

  curl_easy_getinfo (t->curl, CURLINFO_CONTENT_TYPE, &type);
  return type && (g_ascii_strncasecmp (type, "text/html", 9) == 0
      || g_ascii_strncasecmp (type, "application/xhtml", 17) == 0);
}

/* Whether a partial answer goes on exactly where the part ends, and is of the same file. */
static gboolean
continues (Transfer * t)
{
  const char *range = header (t, "Content-Range"), *etag = header (t, "ETag");
  guint64 first, last, total;

  if (!range || sscanf (range, "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, &first, &last,
          &total) != 3)
    return FALSE;
  return first == t->part.done && last + 1 == total && (!t->part.total || total == t->part.total)
      && (!etag || strcmp (etag, t->part.etag) == 0)
      && (!t->sha256 || !t->part.sha256 || strcmp (t->sha256, t->part.sha256) == 0);
}

/* ---- what becomes of its body ---- */

static void
report (Transfer * t)
{
  if (t->job->progress)
    t->job->progress (t->part.done, t->part.total, t->part.done > 0 && t->part.etag, t->job->user_data);
}

static void
take_rest (Transfer * t)
{
  if (!continues (t)) {
    t->outcome = OUTCOME_ANEW;
    return;
  }
  g_autofree char *line = g_strdup_printf ("going on from the %.1f MB that are here", t->part.done / 1e6);
  t->job->say (line, t->job->user_data);
  t->takes = TRUE;
}

static void
take_whole (Transfer * t)
{
  const CnxDownload *job = t->job;
  curl_off_t length = -1;
  GError *error = NULL;

  curl_easy_getinfo (t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (is_page (t)) {
    give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER,
        "%s is answered with a web page, not with the file: a proxy's or a login's page, or the address is wrong",
        t->shown);
  } else if (length > 0 && (guint64) length > job->most) {
    give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER, "%s is %.1f MB long; at most %.1f MB are taken", t->shown,
        length / 1e6, job->most / 1e6);
  } else if (job->sha256 && t->sha256 && g_ascii_strcasecmp (job->sha256, t->sha256) != 0) {
    give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER,
        "the SHA-256 of %s is %s by its server, not %s", t->shown, t->sha256, job->sha256);
  } else if (!cnx_part_begin (&t->part, job->url, MAX (length, 0), etag_for_ranges (t), t->sha256, &error)) {
    take_error (t, error);
  } else {
    t->takes = TRUE;
    report (t);
  }
}

static void
refuse_status (Transfer * t, long status)
{
  static const long passing[] = { 408, 425, 429, 500, 502, 503, 504 };
  const gboolean absent = status == 404 || status == 410, refused = status == 401 || status == 403;
  Outcome outcome = OUTCOME_FAILED;

  for (guint i = 0; i < G_N_ELEMENTS (passing); i++)
    if (status == passing[i])
      outcome = OUTCOME_AGAIN;
  const int code = absent || refused ? CNX_DOWNLOAD_ERROR_ABSENT
      : outcome == OUTCOME_AGAIN ? CNX_DOWNLOAD_ERROR_NETWORK : CNX_DOWNLOAD_ERROR_ANSWER;
  give_up (t, outcome, code, "%s is answered with HTTP status %ld%s", t->shown, status,
      absent ? ": there is no such file" : refused ? ": access is refused" : "");
}

/* Once for each answer, before the first byte of its body counts. */
static void
begin (Transfer * t)
{
  long status = 0;

  t->begun = TRUE;
  curl_easy_getinfo (t->curl, CURLINFO_RESPONSE_CODE, &status);
  read_sha256 (t);
  if (status == 200)
    take_whole (t);
  else if (status == 206 && t->ranged)
    take_rest (t);
  else if (status == 416 && t->ranged)
    t->outcome = OUTCOME_ANEW;
  else if (is_redirect (t, status))
    t->outcome = OUTCOME_REDIRECT;
  else
    refuse_status (t, status);
}

static size_t
on_body (char *data, size_t one, size_t size, void *user_data)
{
  Transfer *t = user_data;
  GError *error = NULL;

  if (!t->begun)
    begin (t);
  if (t->outcome == OUTCOME_REDIRECT)
    return (t->discarded += size) > MOST_DISCARDED ? 0 : size;
  if (!t->takes)
    return 0;
  if (t->part.done + size > (t->part.total ? t->part.total : t->job->most)) {
    give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER, "%s sends more than %.1f MB", t->shown,
        (t->part.total ? t->part.total : t->job->most) / 1e6);
    return 0;
  }
  if (!cnx_part_write (&t->part, data, size, &error)) {
    take_error (t, error);
    return 0;
  }
  return size;
}

static int
on_progress (void *user_data, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
  Transfer *t = user_data;

  if (t->takes)
    report (t);
  return 0;
}

/* ---- one request ---- */

/* @secure: an https: address led here, so that nothing but https: may follow. */
static struct curl_slist *
set_up (Transfer * t, const char *url, gboolean secure)
{
  struct curl_slist *headers = NULL;
  CURL *curl = t->curl;

  curl_easy_reset (curl);
  curl_easy_setopt (curl, CURLOPT_URL, url);
  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt (curl, CURLOPT_USERAGENT, "convnext/" PACKAGE_VERSION);
  curl_easy_setopt (curl, CURLOPT_ERRORBUFFER, t->said);
  curl_easy_setopt (curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT, (long) t->job->timeout);
  curl_easy_setopt (curl, CURLOPT_LOW_SPEED_TIME, (long) t->job->timeout);
  curl_easy_setopt (curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt (curl, CURLOPT_WRITEDATA, t);
  curl_easy_setopt (curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt (curl, CURLOPT_XFERINFODATA, t);
  if (t->job->ca_file)
    curl_easy_setopt (curl, CURLOPT_CAINFO, t->job->ca_file);
  t->ranged = t->part.done > 0;
  if (t->ranged) {
    g_autofree char *range = g_strdup_printf ("%" G_GUINT64_FORMAT "-", t->part.done);
    g_autofree char *condition = g_strdup_printf ("If-Range: %s", t->part.etag);
    headers = curl_slist_append (NULL, condition);
    curl_easy_setopt (curl, CURLOPT_RANGE, range);
    curl_easy_setopt (curl, CURLOPT_HTTPHEADER, headers);
  }
  return headers;
}

static gboolean
may_pass (CURLcode code)
{
  static const CURLcode passing[] = { CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
    CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
    CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM
  };

  for (guint i = 0; i < G_N_ELEMENTS (passing); i++)
    if (code == passing[i])
      return TRUE;
  return FALSE;
}

/* What a request came to that libcurl says failed. */
static void
judge_failure (Transfer * t, CURLcode code, const char *url, gboolean secure)
{
  const char *said = t->said[0] ? t->said : curl_easy_strerror (code);

  if (t->outcome == OUTCOME_ANEW || t->error)
    return;                     /* it was us who ended it */
  if (code == CURLE_UNSUPPORTED_PROTOCOL) {
    g_autofree char *to = cnx_url_shown (url);

    give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER, "%s leads to %.200s, which is refused: %s", t->shown, to,
        secure ? "after https: only https: is followed" : "only http: and https: are followed");
    return;
  }
  give_up (t, may_pass (code) ? OUTCOME_AGAIN : OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_NETWORK, "cannot download %s: %s",
      t->shown, said);
}

static void
request (Transfer * t, const char *url, gboolean secure)
{
  struct curl_slist *headers = set_up (t, url, secure);

  t->begun = t->takes = FALSE;
  t->discarded = 0;
  t->outcome = OUTCOME_DONE;
  t->said[0] = '\0';
  const CURLcode code = curl_easy_perform (t->curl);
  if (code == CURLE_OK && !t->begun)
    begin (t);                  /* it has no body */
  if (code != CURLE_OK)
    judge_failure (t, code, url, secure);
  else if (t->outcome == OUTCOME_DONE && t->part.total && t->part.done != t->part.total)
    give_up (t, OUTCOME_AGAIN, CNX_DOWNLOAD_ERROR_NETWORK, "%s ended after %.1f of %.1f MB", t->shown,
        t->part.done / 1e6, t->part.total / 1e6);
  curl_slist_free_all (headers);
}

/* ---- a try: a request and those that it is redirected to ---- */

/* Redirects are followed here, not by libcurl, which knows no way to forbid http: only once an https: was seen, and
 * shows no headers of the answers in between. */
static void
follow (Transfer * t)
{
  g_autofree char *url = g_strdup (t->job->url);
  gboolean secure = FALSE;

  g_clear_pointer (&t->sha256, g_free);
  for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
    char *next = NULL;

    secure = secure || is_https (url);
    request (t, url, secure);
    if (t->outcome != OUTCOME_REDIRECT || t->error)
      return;
    curl_easy_getinfo (t->curl, CURLINFO_REDIRECT_URL, &next);
    if (!next) {
      give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER, "%s leads nowhere", t->shown);
      return;
    }
    g_free (url);
    url = g_strdup (next);
  }
  give_up (t, OUTCOME_FAILED, CNX_DOWNLOAD_ERROR_ANSWER, "%s is redirected more than %d times", t->shown,
      MOST_REDIRECTS);
}

static void
try_once (Transfer * t)
{
  g_clear_error (&t->error);
  follow (t);
  if (t->outcome != OUTCOME_ANEW)
    return;
  t->job->say ("the server has another file by now, or sends no ranges: beginning anew", t->job->user_data);
  const gboolean begun = cnx_part_begin (&t->part, t->job->url, 0, NULL, NULL, &t->error);
  report (t);
  if (begun)
    follow (t);                 /* asks for no range, and so cannot come to this again */
  else
    t->outcome = OUTCOME_FAILED;
}

/* 1, 2, 4 ... seconds, or what the server asks for. */
static void
pause_before (Transfer * t, int retry)
{
  curl_off_t asked = 0;
  const int delay = MIN (1 << MIN (retry - 1, 5), MOST_DELAY);

  curl_easy_getinfo (t->curl, CURLINFO_RETRY_AFTER, &asked);
  const int seconds = CLAMP (asked, delay, MOST_DELAY);
  g_autofree char *line = g_strdup_printf ("%s; trying again in %d s (%d of %d)", t->error->message, seconds, retry,
      t->job->retries);
  t->job->say (line, t->job->user_data);
  g_usleep ((gulong) seconds * G_USEC_PER_SEC);
}

static gboolean
try_often (Transfer * t, GError ** error)
{
  int retry = 0;

  for (;;) {
    const guint64 before = t->part.done;
    try_once (t);
    if (t->outcome == OUTCOME_DONE)
      return TRUE;
    if (t->part.done >= before + PROGRESS_BYTES)
      retry = 0;
    if (t->outcome != OUTCOME_AGAIN || retry == t->job->retries)
      break;
    pause_before (t, ++retry);
  }
  if (t->part.done > 0 && t->part.etag)
    g_prefix_error (&t->error, "%.1f MB are here, and the same command goes on from there: ", t->part.done / 1e6);
  g_propagate_error (error, g_steal_pointer (&t->error));
  return FALSE;
}

gboolean
cnx_download_is_begun (const char *stem, const char *url)
{
  CnxPart part;
  const gboolean begun = cnx_part_open (&part, stem, stem, url, NULL) && part.done > 0;

  cnx_part_close (&part);
  return begun;
}

/* ---- the finished file ---- */

gboolean
cnx_is_sha256 (const char *text)
{
  return strlen (text) == 64 && strspn (text, "0123456789abcdefABCDEF") == 64;
}

char *
cnx_file_sha256 (const char *path, GError ** error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (SUM_BYTES);
  g_autoptr (GError) failed = NULL;
  g_autoptr (CnxInputFile) file = cnx_input_file_open (path, &failed);
  guint64 size = file ? cnx_input_file_size (file) : 0;

  for (guint64 at = 0; at < size; at += SUM_BYTES) {
    const gsize length = MIN (SUM_BYTES, size - at);
    if (!cnx_input_file_read (file, at, length, buffer))
      break;
    g_checksum_update (checksum, buffer, length);
  }
  if (file && cnx_input_file_check (file, &failed))
    return g_strdup (g_checksum_get_string (checksum));
  g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_DISK, "%s", failed->message);
  return NULL;
}

static gboolean
check (Transfer * t, GError ** error)
{
  const CnxDownload *job = t->job;
  CnxPart *part = &t->part;
  const char *wanted = job->sha256 ? job->sha256 : part->sha256;
  g_autofree char *found = wanted ? cnx_file_sha256 (part->part, error) : NULL;
  g_autoptr (GError) refused = NULL;

  if (wanted && !found)
    return FALSE;
  if (wanted && g_ascii_strcasecmp (found, wanted) != 0)
    g_set_error (&refused, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_REJECTED, "its SHA-256 is %s, not %s", found, wanted);
  else if (!job->check || job->check (part->part, job->user_data, &refused))
    return TRUE;
  cnx_part_reject (part);
  g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_REJECTED, "what came from %s is refused, and kept as "
      "%s: %s", t->shown, part->rejected, refused->message);
  return FALSE;
}

static gboolean
run (Transfer * t, GError ** error)
{
  const CnxDownload *job = t->job;

  if (!cnx_part_open (&t->part, job->path, job->stem ? job->stem : job->path, job->url, error))
    return FALSE;
  report (t);
  const gboolean whole = t->part.total && t->part.done == t->part.total;
  return (whole || try_often (t, error)) && check (t, error) && cnx_part_sync (&t->part, error)
      && (!job->ready || job->ready (job->user_data, error)) && cnx_part_finish (&t->part, error);
}

gboolean
cnx_download (const CnxDownload * download, GError ** error)
{
  g_autofree char *shown = cnx_url_shown (download->url);
  Transfer t = {.job = download,.shown = shown };
  gboolean done = FALSE;

  if (curl_global_init (CURL_GLOBAL_DEFAULT) != CURLE_OK || !(t.curl = curl_easy_init ())) {
    g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_NETWORK, "libcurl does not start");
    return FALSE;
  }
  done = run (&t, error);
  cnx_part_close (&t.part);
  curl_easy_cleanup (t.curl);
  curl_global_cleanup ();
  g_clear_error (&t.error);
  g_free (t.sha256);
  return done;
}
