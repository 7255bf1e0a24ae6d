#include "core/model/model.h"

#include <string.h>

#include "core/error.h"
#include "core/weights/weights_name.h"

/* How downloads of a size are called, %s being the size: at the hubs, the same with a hub's owner before it, in the
 * original repositories and, with the start of a checksum, at torchvision's. */
static const char *const v1_spellings[] = {
  "convnext_%s", "convnext-%s", "convnext-%s-224", "convnext-%s-384", "convnext-%s-224-22k-1k",
  "facebook--convnext-%s-224", "facebook--convnext-%s-384",
  "convnext_%s_1k_224_ema", "convnext_%s_22k_1k_224", "convnext_%s_22k_1k_224_ema",
};

static const char *const v2_spellings[] = {
  "convnextv2_%s", "convnextv2-%s", "convnextv2-%s-1k-224", "convnextv2-%s-22k-224",
  "convnextv2-%s-22k-384", "facebook--convnextv2-%s-1k-224", "facebook--convnextv2-%s-22k-224",
  "convnextv2_%s_1k_224_ema", "convnextv2_%s_22k_224_ema",
};

/* torchvision's, by size. */
static const char *const torchvision_names[][2] = {
  {"tiny", "convnext_tiny-983f1562"}, {"small", "convnext_small-0c510722"}, {"base", "convnext_base-6075fbad"},
  {"large", "convnext_large-ea097f82"},
};

/* Every name to look for, the one asked for first. */
static GPtrArray *
list_spellings (const char *name, const CnxVariant * variant)
{
  GPtrArray *spellings = g_ptr_array_new_with_free_func (g_free);
  const char *const *formats = v1_spellings;
  guint n = G_N_ELEMENTS (v1_spellings);
  const char *size, *repository;

  g_ptr_array_add (spellings, g_strdup (name));
  if (!variant)
    return spellings;

  size = variant->name;
  if (variant->arch.version == 2) {
    formats = v2_spellings;
    n = G_N_ELEMENTS (v2_spellings);
    size += strlen ("v2-");
  }
  repository = strchr (variant->id, '/') + 1;   /* "convnext_small.fb_in1k" */
  g_ptr_array_add (spellings, g_strdup (variant->name));
  g_ptr_array_add (spellings, g_strdup (repository));
  g_ptr_array_add (spellings, g_strconcat ("timm--", repository, NULL));
  for (guint i = 0; i < n; i++) {
    g_auto (GStrv) around = g_strsplit (formats[i], "%s", 2);

    g_ptr_array_add (spellings, g_strconcat (around[0], size, around[1], NULL));
  }
  for (guint i = 0; i < G_N_ELEMENTS (torchvision_names); i++)
    if (strcmp (variant->name, torchvision_names[i][0]) == 0)
      g_ptr_array_add (spellings, g_strdup (torchvision_names[i][1]));
  return spellings;
}

/* The weights in DIR/NAME, DIR/NAME.safetensors (.pth and so on) or, with its ending already in the name, DIR/NAME.
 * @refused: the first folder's error, of weights that are there and cannot be chosen from. */
static char *
find_in (const char *dir, const char *name, GError ** refused)
{
  g_autofree char *folder = g_build_filename (dir, name, NULL);
  char *file = NULL;

  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    file = cnx_weights_if_any (folder, *refused ? NULL : refused);
  return file ? file : cnx_weights_called (dir, name);
}

static void
set_not_found (const char *name, const CnxVariant * variant, const char *const *dirs,
    const char *user_dir, GError ** error)
{
  g_autoptr (GString) message = g_string_new (NULL);

  g_string_append_printf (message, "no weights for '%s'; looked in: ", name);
  for (guint i = 0; dirs && dirs[i]; i++)
    g_string_append_printf (message, "%s%s", i ? ", " : "", dirs[i]);
  if (!dirs || !dirs[0])
    g_string_append (message, "nowhere, there is no folder to look in");
  if (variant) {
    g_autofree char *folder = g_build_filename (user_dir ? user_dir : ".", variant->name, NULL);
    g_autofree char *weights = cnx_hub_url (variant->id, CNX_WEIGHTS_NAME);
    g_autofree char *config = cnx_hub_url (variant->id, "config.json");

    g_string_append_printf (message, ". To mend it, run `convnext fetch %s`, or download %s to %s/" CNX_WEIGHTS_NAME
        ", and %s to %s/config.json", variant->name, weights, folder, config, folder);
  } else {
    g_string_append (message, ". It is the name of no published variant either; those are ");
    for (const CnxVariant * known = cnx_variants (); known->name; known++)
      g_string_append_printf (message, "%s%s", known == cnx_variants () ? "" : ", ", known->name);
    g_string_append (message, ". `convnext fetch --list` names what can be downloaded");
  }
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, message->str);
}

char *
cnx_model_find (const char *name, const char *const *dirs, const char *user_dir, GError ** error)
{
  const CnxVariant *variant = cnx_variant_find (name);
  g_autoptr (GPtrArray) spellings = NULL;
  g_autoptr (GError) refused = NULL;

  /* A name is looked up inside the folders, and must not lead out of them. */
  if (!name[0] || strchr (name, G_DIR_SEPARATOR) || strcmp (name, "..") == 0
      || strcmp (name, ".") == 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND,
        "'%s' is not the name of a model: a path goes into `model`", name);
    return NULL;
  }
  spellings = list_spellings (name, variant);
  for (guint d = 0; dirs && dirs[d]; d++) {
    for (guint i = 0; i < spellings->len; i++) {
      char *path = find_in (dirs[d], g_ptr_array_index (spellings, i), &refused);

      if (path)
        return path;
    }
  }
  if (refused)
    g_propagate_prefixed_error (error, g_steal_pointer (&refused), "no weights for '%s': ", name);
  else
    set_not_found (name, variant, dirs, user_dir, error);
  return NULL;
}
