/* What is known of the published checkpoints, and how a name finds one. */
#include "pipelines/fetch/catalogue.h"
#include "core/edits.h"
#include "core/model/cost.h"

#include <string.h>

#define APACHE "Apache-2.0"
#define NON_COMMERCIAL "CC-BY-NC-4.0"
#define MOST_NEAR 5

/* Accuracies: "A ConvNet for the 2020s" and "ConvNeXt V2", tables of their official repositories; atto to nano of V1,
 * which timm trained, timm's results at 224 x 224 (75.664, 77.454, 79.526, 80.768). Those at facebook/ are the same
 * weights as timm's fb_in1k in another layout. Licences: as their pages on the hub state them. */
static const CnxPublished catalogue[] = {
  {"atto", NULL, 75.7, APACHE, FALSE},
  {"femto", NULL, 77.5, APACHE, FALSE},
  {"pico", NULL, 79.5, APACHE, FALSE},
  {"nano", NULL, 80.8, APACHE, FALSE},
  {"tiny", NULL, 82.1, APACHE, FALSE},
  {"tiny", "timm/convnext_tiny.fb_in22k_ft_in1k", 82.9, APACHE, FALSE},
  {"tiny", "facebook/convnext-tiny-224", 82.1, APACHE, TRUE},
  {"small", NULL, 83.1, APACHE, FALSE},
  {"small", "timm/convnext_small.fb_in22k_ft_in1k", 84.6, APACHE, FALSE},
  {"small", "facebook/convnext-small-224", 83.1, APACHE, TRUE},
  {"base", NULL, 83.8, APACHE, FALSE},
  {"base", "timm/convnext_base.fb_in22k_ft_in1k", 85.8, APACHE, FALSE},
  {"base", "facebook/convnext-base-224", 83.8, APACHE, TRUE},
  {"large", NULL, 84.3, APACHE, FALSE},
  {"large", "timm/convnext_large.fb_in22k_ft_in1k", 86.6, APACHE, FALSE},
  {"large", "facebook/convnext-large-224", 84.3, APACHE, TRUE},
  {"xlarge", NULL, 87.0, APACHE, FALSE},
  {"xlarge", "facebook/convnext-xlarge-224-22k-1k", 87.0, APACHE, TRUE},
  {"v2-atto", NULL, 76.7, NON_COMMERCIAL, FALSE},
  {"v2-femto", NULL, 78.5, NON_COMMERCIAL, FALSE},
  {"v2-pico", NULL, 80.3, NON_COMMERCIAL, FALSE},
  {"v2-nano", NULL, 81.9, NON_COMMERCIAL, FALSE},
  {"v2-tiny", NULL, 83.0, NON_COMMERCIAL, FALSE},
  {"v2-base", NULL, 84.9, NON_COMMERCIAL, FALSE},
  {"v2-large", NULL, 85.8, NON_COMMERCIAL, FALSE},
  {"v2-huge", NULL, 86.3, NON_COMMERCIAL, FALSE},
  {NULL},
};

const CnxPublished *
cnx_catalogue (void)
{
  return catalogue;
}

const char *
cnx_published_id (const CnxPublished * published)
{
  return published->id ? published->id : cnx_variant_find (published->variant)->id;
}

gboolean
cnx_published_is_usual (const CnxPublished * published)
{
  return published->id == NULL;
}

gboolean
cnx_published_is_non_commercial (const CnxPublished * published)
{
  return strcmp (published->licence, NON_COMMERCIAL) == 0;
}

guint64
cnx_published_parameters (const CnxPublished * published)
{
  return cnx_arch_parameters (&cnx_variant_find (published->variant)->arch);
}

guint64
cnx_published_bytes (const CnxPublished * published)
{
  return cnx_published_parameters (published) * sizeof (float);
}

static const char *
without_owner (const char *id)
{
  const char *slash = strchr (id, '/');

  return slash ? slash + 1 : id;
}

const CnxPublished *
cnx_catalogue_find (const char *name)
{
  const CnxVariant *variant = cnx_variant_find (name);

  for (const CnxPublished * p = catalogue; p->variant; p++) {
    const char *id = cnx_published_id (p);
    if (g_ascii_strcasecmp (name, id) == 0 || g_ascii_strcasecmp (name, without_owner (id)) == 0
        || (variant && cnx_published_is_usual (p) && strcmp (p->variant, variant->name) == 0))
      return p;
  }
  return NULL;
}

typedef struct
{
  const char *name;
  guint edits;
} Near;

static int
compare_near (gconstpointer a, gconstpointer b)
{
  const Near *left = a, *right = b;

  return left->edits < right->edits ? -1 : left->edits > right->edits;
}

/* A name with @name inside it counts as near, though after those that are a slip away. */
static void
add_near (GArray * found, const char *name, const char *known)
{
  const gsize length = strlen (name);
  g_autofree char *lower = g_ascii_strdown (name, -1);
  Near near = { known, cnx_edits (name, known) };

  if (near.edits <= MAX (length, strlen (known)) / 3 || (length > 2 && strstr (known, lower)))
    g_array_append_val (found, near);
}

char *
cnx_catalogue_near (const char *name)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Near));
  g_autoptr (GString) text = g_string_new (NULL);

  if (strlen (name) > 100)      /* nothing is: a path, or a whole sentence */
    return g_strdup ("");
  for (const CnxPublished * p = catalogue; p->variant; p++) {
    if (cnx_published_is_usual (p))
      add_near (found, name, p->variant);
    add_near (found, without_owner (name), without_owner (cnx_published_id (p)));
  }
  g_array_sort (found, compare_near);
  for (guint i = 0; i < MIN (found->len, MOST_NEAR); i++)
    g_string_append_printf (text, "%s%s", i ? ", " : "", g_array_index (found, Near, i).name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
