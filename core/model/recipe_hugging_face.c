/* Hugging Face's preprocessor_config.json. It names a class of image processors, and each class has its own way from a
 * picture to the input, and its own values for what the file leaves out. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/input/json.h"
#include "core/model/recipe_private.h"

/* From here up ConvNeXt's processor warps to the square and crops nothing. */
#define WARP_FROM 384
#define CONVNEXT_CROP_PCT 0.875

#define HALF { 0.5f, 0.5f, 0.5f }
#define IMAGENET_MEAN { 0.485f, 0.456f, 0.406f }
#define IMAGENET_STD { 0.229f, 0.224f, 0.225f }
#define CLIP_MEAN { 0.48145466f, 0.4578275f, 0.40821073f }
#define CLIP_STD { 0.26862954f, 0.26130258f, 0.27577711f }

/* `size` or `crop_size`: the shortest side, then @width is @height, or both sides. */
typedef struct
{
  gboolean shortest;
  int height, width;
} Size;

/**
 * Processor:
 * @name: its class's, without "ImageProcessor" and what follows
 * @by_crop_pct: `crop_pct` says what is cropped, not `crop_size`
 * @square: a `size` of one number is a square's, not the shortest side's
 * @crop: of `crop_size`; 0: it crops only where it is told to
 *
 * And the values of its class, as transformers 5 has them.
 */
typedef struct
{
  const char *name;
  gboolean by_crop_pct, square;
  int size, crop;
  CnxInterpolation interpolation;
  float mean[3], std[3];
} Processor;

static const Processor processors[] = {
  {"ConvNext", TRUE, FALSE, 384, 0, CNX_INTERPOLATION_BICUBIC, HALF, HALF},
  {"ViT", FALSE, TRUE, 224, 0, CNX_INTERPOLATION_BILINEAR, HALF, HALF},
  {"DINOv3ViT", FALSE, TRUE, 224, 0, CNX_INTERPOLATION_BILINEAR, IMAGENET_MEAN, IMAGENET_STD},
  {"DeiT", FALSE, TRUE, 256, 224, CNX_INTERPOLATION_BICUBIC, HALF, HALF},
  {"CLIP", FALSE, FALSE, 224, 224, CNX_INTERPOLATION_BICUBIC, CLIP_MEAN, CLIP_STD},
  {"Bit", FALSE, FALSE, 224, 224, CNX_INTERPOLATION_BICUBIC, CLIP_MEAN, CLIP_STD},
};

static gboolean
is_class (const Processor * processor, const char *type)
{
  static const char *const endings[] = { "ImageProcessor", "ImageProcessorFast", "ImageProcessorPil",
    "FeatureExtractor", NULL
  };

  return g_str_has_prefix (type, processor->name) && g_strv_contains (endings, type + strlen (processor->name));
}

/* A file that names none is an old one of a ConvNeXt's. */
static const Processor *
find_processor (const CnxRecipeSection * section, GError ** error)
{
  const char *key = cnx_recipe_find (section, "image_processor_type") ? "image_processor_type" :
      "feature_extractor_type";
  JsonNode *node = cnx_recipe_find (section, key);
  const char *type = cnx_json_text (node);
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (processors); i++) {
    if (!node || (type && is_class (&processors[i], type)))
      return &processors[i];
    g_string_append_printf (known, "%s%sImageProcessor", i ? ", " : "one of ", processors[i].name);
  }
  cnx_recipe_refuse (section, key, known->str, error);
  return NULL;
}

/* @value stays what it is where @key is not there. */
static gboolean
read_boolean (const CnxRecipeSection * section, const char *key, gboolean * value, GError ** error)
{
  JsonNode *node = cnx_recipe_find (section, key);

  if (!node)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return cnx_recipe_refuse (section, key, "true or false", error);
  *value = json_node_get_boolean (node);
  return TRUE;
}

/* A step that is switched off, one that is not known, or another scale, would make a different input in silence. */
static gboolean
check_steps (const CnxRecipeSection * section, GError ** error)
{
  static const char *const needed[] = { "do_resize", "do_rescale", "do_normalize", NULL };
  static const char *const known[] = { "do_center_crop", "do_convert_rgb", NULL };
  g_autoptr (GList) keys = json_object_get_members (section->object);
  JsonNode *node = cnx_recipe_find (section, "rescale_factor");
  double number;

  if (node != NULL && (!cnx_json_number (node, &number) || fabs (number * 255.0 - 1.0) > 1e-3))
    return cnx_recipe_refuse (section, "rescale_factor", "1/255 (0.00392156862745098)", error);
  for (GList * key = keys; key; key = key->next) {
    const gboolean wanted = g_strv_contains (needed, key->data);
    gboolean on = wanted;

    if (!g_str_has_prefix (key->data, "do_") || g_strv_contains (known, key->data))
      continue;
    if (!read_boolean (section, key->data, &on, error))
      return FALSE;
    if (on != wanted)
      return cnx_recipe_refuse (section, key->data, wanted ? "true" : "false: that step is not known here", error);
  }
  return TRUE;
}

/* 224, {"shortest_edge": 224} or {"height": 224, "width": 224}; nothing else with them. */
static gboolean
read_size (const CnxRecipeSection * section, const char *key, gboolean square, Size * size, GError ** error)
{
  static const char wanted[] = "a whole number from 1 to " G_STRINGIFY (CNX_RECIPE_MAX_INPUT)
      ", {\"shortest_edge\": number} or {\"height\": number, \"width\": number}";
  JsonNode *node = cnx_recipe_find (section, key);
  JsonObject *object;

  if (node == NULL)
    return TRUE;
  size->shortest = !square;
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    object = json_node_get_object (node);
    const CnxRecipeSection inside = { section->file, object };
    JsonNode *height = cnx_recipe_find (&inside, "height"), *width = cnx_recipe_find (&inside, "width");

    node = cnx_recipe_find (&inside, "shortest_edge");
    size->shortest = node != NULL;
    if (cnx_recipe_find (&inside, "longest_edge") || cnx_recipe_find (&inside, "max_height")
        || (node && (height || width)))
      return cnx_recipe_refuse (section, key, wanted, error);
    if (!node)
      return (cnx_recipe_side (height, &size->height) && cnx_recipe_side (width, &size->width))
          || cnx_recipe_refuse (section, key, wanted, error);
  }
  if (!cnx_recipe_side (node, &size->width))
    return cnx_recipe_refuse (section, key, wanted, error);
  size->height = size->width;
  return TRUE;
}

/* PIL's numbers for its filters. */
static gboolean
read_resample (const CnxRecipeSection * section, CnxRecipe * recipe, GError ** error)
{
  JsonNode *node = cnx_recipe_find (section, "resample");
  double number;

  if (node == NULL)
    return TRUE;
  if (!cnx_json_number (node, &number) || (number != 2 && number != 3))
    return cnx_recipe_refuse (section, "resample", "2 (bilinear) or 3 (bicubic)", error);
  recipe->interpolation = number == 2 ? CNX_INTERPOLATION_BILINEAR : CNX_INTERPOLATION_BICUBIC;
  return TRUE;
}

/* Says what is wrong with a key of the file or, where it has none, with what its class does without it. */
static gboolean
refuse (const CnxRecipeSection * section, const char *key, const char *wanted, GError ** error)
{
  if (json_object_has_member (section->object, key))
    return cnx_recipe_refuse (section, key, wanted, error);
  g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "%s: \"%s\" is missing; it must be %s", section->file, key, wanted);
  return FALSE;
}

/* ConvNeXt's own way: the shortest side to size / crop_pct and a square of size out of the middle, or a warp. */
static gboolean
plan_by_crop_pct (const CnxRecipeSection * section, const Size * size, const Size * crop, CnxRecipe * recipe,
    GError ** error)
{
  CnxRecipe before = *recipe;

  if (!size->shortest)
    return refuse (section, "size", "{\"shortest_edge\": number} for this processor", error);
  if (crop && (crop->shortest || crop->height != size->height || crop->width != size->width))
    return refuse (section, "crop_size", "as large as \"size\" for this processor", error);
  recipe->width = recipe->height = size->width;
  if (size->width >= WARP_FROM) {
    recipe->crop_mode = CNX_CROP_SQUASH;
    recipe->resize = size->width;
    return TRUE;
  }
  before.width = before.height = size->width;
  before.resize = recipe->resize = cnx_recipe_resize_for (size->width, CONVNEXT_CROP_PCT);
  return cnx_recipe_read_crop_pct (section, &before, recipe, error);
}

/* To both sides, or the shortest one, and then a crop or none. What comes out must always have one size. */
static gboolean
plan_by_crop_size (const CnxRecipeSection * section, const Size * size, const Size * crop, CnxRecipe * recipe,
    GError ** error)
{
  const Size *input = crop ? crop : size;

  if (!crop && size->shortest)
    return refuse (section, "do_center_crop", "true, or the input is of no fixed size", error);
  if (crop && crop->shortest)
    return refuse (section, "crop_size", "a whole number, or {\"height\": number, \"width\": number}", error);
  if (crop && size->shortest && crop->height != crop->width)
    return refuse (section, "crop_size", "a square where \"size\" is the shortest side", error);
  if (crop && !size->shortest && size->width * crop->height != size->height * crop->width)
    return refuse (section, "crop_size", "of the shape that \"size\" has", error);
  recipe->width = input->width;
  recipe->height = input->height;
  recipe->resize = MIN (size->width, size->height);
  recipe->crop_mode = size->shortest ? CNX_CROP_CENTER : CNX_CROP_SQUASH;
  return TRUE;
}

gboolean
cnx_recipe_from_hugging_face (CnxRecipe * recipe, JsonObject * config, GError ** error)
{
  const CnxRecipeSection section = { "preprocessor_config.json", config };
  const Processor *processor = find_processor (&section, error);
  CnxRecipe read = *recipe;
  gboolean crops;

  if (!processor || !check_steps (&section, error))
    return FALSE;
  Size size = { !processor->square, processor->size, processor->size };
  Size crop = { FALSE, processor->crop, processor->crop };
  gboolean square = processor->square;

  crops = processor->crop > 0;
  read.interpolation = processor->interpolation;
  read.crop_mode = CNX_CROP_CENTER;
  read.crop_rounding = CNX_CROP_ROUNDING_DOWN;
  memcpy (read.mean, processor->mean, sizeof read.mean);
  memcpy (read.std, processor->std, sizeof read.std);
  if (!read_boolean (&section, "default_to_square", &square, error)
      || !read_boolean (&section, "do_center_crop", &crops, error)
      || !read_size (&section, "size", square, &size, error)
      || !read_size (&section, "crop_size", TRUE, &crop, error)
      || !read_resample (&section, &read, error)
      || !cnx_recipe_read_mean_std (&section, "image_mean", "image_std", &read, error))
    return FALSE;
  if (crops && crop.width == 0)
    return refuse (&section, "crop_size", "there where \"do_center_crop\" is true", error);
  if (!(processor->by_crop_pct ? plan_by_crop_pct : plan_by_crop_size) (&section, &size, crops ? &crop : NULL, &read,
          error))
    return FALSE;
  *recipe = read;
  return TRUE;
}
