/* Writes pages as `convnext tag` does, of made-up data, for a browser to open: into the folder given, with the page of
 * the folder. With a number, of as many further films. */
#include <stdlib.h>
#include <vips/vips.h>

#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/html/html_data.h"
#include "pipelines/tag/html/html_index.h"
#include "pipelines/tag/formats/thumb.h"

#define WIDTH 96
#define HEIGHT 54

static const CnxTagModel model = {
  .name = "everyday",.variant = "atto",.classes = 1000,.width = 160,.height = 160,.precision = "fp16",.device = "a CPU",
};

static const CnxSegment film_segments[] = {
  {7, "tabby, tabby cat", 1, 3, .82, .91},
  {9, "sports car", 2, 5.5, .55, .7},
  {8, "<b>&amp; </script><script>document.title='broken out'</script>", 4, 4.5, .3, .35},
  {7, "tabby, tabby cat", 6, 8, .64, .66},
};

static const CnxShare film_shares[] = {
  {7, "tabby, tabby cat", 4, .4, .73, .91},
  {9, "sports car", 3.5, .35, .55, .7},
  {8, "<b>&amp; </script><script>document.title='broken out'</script>", .5, .05, .3, .35},
};

static const CnxSegment picture_segments[] = { {21, "espresso", 0, 0, .9, .9}, {22, "cup", 0, 0, .06, .06} };
static const CnxShare picture_shares[] = { {21, "espresso", 0, 1, .9, .9}, {22, "cup", 0, 1, .06, .06} };

/* Names that a URL, a page or a reader could stumble over. */
static const char *const films[] = {
  "film.webm", "cannot play.ts", "100% #1 ?a=b&c;d.webm", "quo\"te's <i>.webm", "films/smile \xf0\x9f\x98\x80.webm",
  "\xe2\x80\xaegpj.webm", "no utf-8 \xff.webm", NULL
};

static GArray *
array_of (gconstpointer elements, guint size, guint n)
{
  GArray *array = g_array_new (FALSE, FALSE, size);

  return g_array_append_vals (array, elements, n);
}

/* One frame a second, each of another grey, under a square that moves. */
static CnxTagThumbs *
make_thumbs (int seconds)
{
  CnxTagThumbs *thumbs = cnx_tag_thumbs_new (48);
  guint8 pixels[HEIGHT][WIDTH][3];

  for (int t = 0; t < seconds; t++) {
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        for (int c = 0; c < 3; c++)
          pixels[y][x][c] = x / 8 == t && y / 8 == 3 ? 255 : 40 + 18 * t * (c + 1) / 3;
    if (!cnx_tag_thumbs_add (thumbs, t, pixels[0][0], WIDTH, HEIGHT, sizeof (pixels[0]), NULL))
      exit (1);
  }
  return thumbs;
}

/* Writes @dir/@name's page, and has it among @pages. */
static void
write_page (const char *dir, const char *name, gboolean is_picture, const CnxTagThumbs * thumbs, GArray * pages)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) segments = is_picture ? array_of (picture_segments, sizeof (CnxSegment), 2)
      : array_of (film_segments, sizeof (CnxSegment), 4);
  g_autoptr (GArray) shares = is_picture ? array_of (picture_shares, sizeof (CnxShare), 2)
      : array_of (film_shares, sizeof (CnxShare), 3);
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *page = g_strconcat (path, cnx_tag_html.extension, NULL);
  g_autofree char *folder = g_path_get_dirname (page);
  g_autoptr (GError) error = NULL;
  const CnxTagFacts facts = {
    .file = path,.path = path,.is_picture = is_picture,.width = WIDTH,.height = HEIGHT,.fps_n = 30000,.fps_d = 1001,
    .duration = is_picture ? -1 : 10,.container = is_picture ? NULL : "WebM",.codec = is_picture ? "PNG" : "VP8",
    .model = &model
  };
  const CnxTagReport report = {
    .segments = segments,.shares = shares,.thumbs = cnx_tag_thumbs_list (thumbs),.samples = 10,.complete = TRUE
  };
  CnxTagPage entry;

  cnx_tag_html.end (text, &facts, &report, NULL);
  if (g_mkdir_with_parents (folder, 0777) != 0 || !g_file_set_contents (page, text->str, text->len, &error))
    g_error ("%s", error ? error->message : folder);
  entry.path = g_strconcat (name, cnx_tag_html.extension, NULL);
  entry.data = cnx_tag_html_pull (text->str, text->len, &error);
  if (!entry.data)
    g_error ("%s", error->message);
  g_array_append_val (pages, entry);
}

int
main (int argc, char **argv)
{
  g_autoptr (GArray) pages = g_array_new (FALSE, FALSE, sizeof (CnxTagPage));
  g_autoptr (CnxTagThumbs) thumbs = NULL;
  g_autoptr (CnxTagThumbs) one = NULL;
  g_autofree char *index = NULL;
  g_autofree char *path = NULL;

  if (argc < 2 || VIPS_INIT (argv[0]) != 0)
    return 2;
  thumbs = make_thumbs (10);
  one = make_thumbs (1);
  for (guint i = 0; films[i]; i++)
    write_page (argv[1], films[i], FALSE, thumbs, pages);
  write_page (argv[1], "picture.png", TRUE, one, pages);
  for (int i = 0; argc > 2 && i < atoi (argv[2]); i++) {
    g_autofree char *name = g_strdup_printf ("more/%05d.webm", i);
    write_page (argv[1], name, FALSE, thumbs, pages);
  }
  index = cnx_tag_html_index ("Films & <pictures>", (const CnxTagPage *) pages->data, pages->len);
  path = g_build_filename (argv[1], CNX_TAG_HTML_INDEX, NULL);
  for (guint i = 0; i < pages->len; i++) {
    g_free ((char *) g_array_index (pages, CnxTagPage, i).path);
    g_free ((char *) g_array_index (pages, CnxTagPage, i).data);
  }
  if (!g_file_set_contents (path, index, -1, NULL))
    return 1;
  vips_shutdown ();
  return 0;
}
