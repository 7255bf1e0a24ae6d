#include "core/model/recipe.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/input/json.h"
#include "core/model/recipe_private.h"

typedef struct
{
  const char *name;
  int value;
} Name;

static const Name timm_interpolations[] = {
  {"bicubic", CNX_INTERPOLATION_BICUBIC},
  {"bilinear", CNX_INTERPOLATION_BILINEAR},
  /* A training-time wish; timm evaluates such a checkpoint with bicubic. */
  {"random", CNX_INTERPOLATION_BICUBIC},
  {NULL}
};

static const Name timm_crop_modes[] = {
  {"center", CNX_CROP_CENTER},
  {"squash", CNX_CROP_SQUASH},
  {"border", CNX_CROP_BORDER},
  {NULL}
};

static const Name crop_roundings[] = {
  {"half-even", CNX_CROP_ROUNDING_HALF_EVEN},
  {"down", CNX_CROP_ROUNDING_DOWN},
  {NULL}
};

void
cnx_recipe_init (CnxRecipe * recipe)
{
  *recipe = (CnxRecipe) {
    .width = 224,.height = 224,.resize = 256,
    .interpolation = CNX_INTERPOLATION_BICUBIC,.crop_mode = CNX_CROP_CENTER,
    .mean = {0.485f, 0.456f, 0.406f},.std = {0.229f, 0.224f, 0.225f}
  };
}

static const char *
name_of (const Name * names, int value)
{
  while (names->value != value)
    names++;
  return names->name;
}

const char *
cnx_interpolation_name (CnxInterpolation interpolation)
{
  return name_of (timm_interpolations, interpolation);
}

const char *
cnx_crop_mode_name (CnxCropMode crop_mode)
{
  return name_of (timm_crop_modes, crop_mode);
}

const char *
cnx_crop_rounding_name (CnxCropRounding crop_rounding)
{
  return name_of (crop_roundings, crop_rounding);
}

int
cnx_recipe_resize_for (int size, double crop_pct)
{
  double side;

  if (size <= 0 || !(crop_pct > 0.0))
    return 0;
  side = floor (size / crop_pct);
  return side > G_MAXINT ? G_MAXINT : (int) side;
}

/* Sets "FILE: KEY is VALUE; it must be WANTED" and returns FALSE. */
gboolean
cnx_recipe_refuse (const CnxRecipeSection * section, const char *key, const char *wanted, GError ** error)
{
  g_autofree char *value = json_to_string (json_object_get_member (section->object, key), FALSE);
  g_autofree char *start = g_utf8_substring (value, 0, MIN (g_utf8_strlen (value, -1), 80));

  g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "%s: \"%s\" is %s%s; it must be %s",
      section->file, key, start, strlen (start) < strlen (value) ? "..." : "", wanted);
  return FALSE;
}

JsonNode *
cnx_recipe_find (const CnxRecipeSection * section, const char *key)
{
  return cnx_json_find (section->object, key);
}

gboolean
cnx_recipe_side (JsonNode * node, int *side)
{
  double number;

  if (!cnx_json_number (node, &number) || number != floor (number)
      || number < 1 || number > CNX_RECIPE_MAX_INPUT)
    return FALSE;
  *side = (int) number;
  return TRUE;
}

static gboolean
read_name (const CnxRecipeSection * section, const char *key, const Name * names, const char *wanted,
    int *value, GError ** error)
{
  JsonNode *node = cnx_recipe_find (section, key);

  if (node == NULL)
    return TRUE;
  for (const Name * name = names; name->name != NULL; name++) {
    if (g_strcmp0 (name->name, cnx_json_text (node)) == 0) {
      *value = name->value;
      return TRUE;
    }
  }
  return cnx_recipe_refuse (section, key, wanted, error);
}

/* Three numbers from @least to @most, for R, G and B. */
static gboolean
read_channels (const CnxRecipeSection * section, const char *key, double least, double most,
    const char *wanted, float *values, GError ** error)
{
  JsonNode *node = cnx_recipe_find (section, key);
  JsonArray *array;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return cnx_recipe_refuse (section, key, wanted, error);
  array = json_node_get_array (node);
  if (json_array_get_length (array) != 3)
    return cnx_recipe_refuse (section, key, wanted, error);
  for (guint c = 0; c < 3; c++) {
    double number;

    if (!cnx_json_number (json_array_get_element (array, c), &number) || number < least
        || number > most)
      return cnx_recipe_refuse (section, key, wanted, error);
    values[c] = (float) number;
  }
  return TRUE;
}

gboolean
cnx_recipe_read_mean_std (const CnxRecipeSection * section, const char *mean_key, const char *std_key,
    CnxRecipe * recipe, GError ** error)
{
  return read_channels (section, mean_key, 0.0, 1.0, "three numbers from 0 to 1 (red, green, blue)",
      recipe->mean, error)
      && read_channels (section, std_key, 1e-6, 1e6,
      "three numbers above 0 (red, green, blue)", recipe->std, error);
}

/* Sets `resize` from the shorter input side, which has just been read, and crop_pct: the one in the
 * file, else the one that @before stands for. */
gboolean
cnx_recipe_read_crop_pct (const CnxRecipeSection * section, const CnxRecipe * before, CnxRecipe * recipe,
    GError ** error)
{
  JsonNode *node = cnx_recipe_find (section, "crop_pct");
  double pct = (double) MIN (before->width, before->height) / before->resize;
  int resize;

  if (node != NULL && (!cnx_json_number (node, &pct) || pct <= 0.0))
    return cnx_recipe_refuse (section, "crop_pct", "a number above 0, such as 0.875", error);
  if (node == NULL && recipe->width == before->width && recipe->height == before->height)
    return TRUE;
  resize = cnx_recipe_resize_for (MIN (recipe->width, recipe->height), pct);
  if (node != NULL && (resize < 1 || resize > CNX_RECIPE_MAX_RESIZE))
    return cnx_recipe_refuse (section, "crop_pct", "such that the input size divided by it is from 1 to "
        G_STRINGIFY (CNX_RECIPE_MAX_RESIZE) " pixels", error);
  recipe->resize = CLAMP (resize, 1, CNX_RECIPE_MAX_RESIZE);
  return TRUE;
}

static gboolean
read_input_size (const CnxRecipeSection * section, CnxRecipe * recipe, GError ** error)
{
  static const char wanted[] = "[3, height, width], with whole numbers from 1 to "
      G_STRINGIFY (CNX_RECIPE_MAX_INPUT);
  JsonNode *node = cnx_recipe_find (section, "input_size");
  JsonArray *array;
  int channels;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return cnx_recipe_refuse (section, "input_size", wanted, error);
  array = json_node_get_array (node);
  if (json_array_get_length (array) != 3
      || !cnx_recipe_side (json_array_get_element (array, 0), &channels) || channels != 3
      || !cnx_recipe_side (json_array_get_element (array, 1), &recipe->height)
      || !cnx_recipe_side (json_array_get_element (array, 2), &recipe->width))
    return cnx_recipe_refuse (section, "input_size", wanted, error);
  return TRUE;
}

/* timm's keys, all of them in @section. */
static gboolean
read_timm (const CnxRecipeSection * section, CnxRecipe * recipe, GError ** error)
{
  CnxRecipe read = *recipe;
  int interpolation = read.interpolation, crop_mode = read.crop_mode;

  if (!read_input_size (section, &read, error)
      || !cnx_recipe_read_crop_pct (section, recipe, &read, error)
      || !read_name (section, "interpolation", timm_interpolations,
          "\"bicubic\", \"bilinear\" or \"random\"", &interpolation, error)
      || !read_name (section, "crop_mode", timm_crop_modes,
          "\"center\", \"squash\" or \"border\"", &crop_mode, error)
      || !cnx_recipe_read_mean_std (section, "mean", "std", &read, error))
    return FALSE;
  read.interpolation = interpolation;
  read.crop_mode = crop_mode;
  *recipe = read;
  return TRUE;
}

gboolean
cnx_recipe_from_timm (CnxRecipe * recipe, JsonObject * config, GError ** error)
{
  CnxRecipeSection root = { "config.json", config };
  /* The first configs that timm published have the keys at the top level. */
  CnxRecipeSection section = root;
  JsonNode *node = cnx_recipe_find (&root, "pretrained_cfg");
  int crop_rounding = recipe->crop_rounding;

  if (!read_name (&root, "crop_rounding", crop_roundings, "\"half-even\" or \"down\"", &crop_rounding, error))
    return FALSE;
  if (node != NULL) {
    if (!JSON_NODE_HOLDS_OBJECT (node))
      return cnx_recipe_refuse (&root, "pretrained_cfg", "an object", error);
    section = (CnxRecipeSection) {"config.json, pretrained_cfg", json_node_get_object (node)};
  }
  if (!read_timm (&section, recipe, error))
    return FALSE;
  recipe->crop_rounding = crop_rounding;
  return TRUE;
}

/* ---- from a line of text ---- */

/* @n numbers, or one that stands for all. */
static JsonArray *
split_numbers (const char *text, const char *separator, int n)
{
  g_auto (GStrv) words = g_strsplit (text, separator, -1);
  const int given = g_strv_length (words);
  JsonArray *array = json_array_new ();

  for (int i = 0; i < n; i++) {
    const char *word = given == n ? words[i] : given == 1 ? words[0] : "";
    char *end;
    const double number = g_ascii_strtod (word, &end);

    if (end == word || *end) {
      json_array_unref (array);
      return NULL;
    }
    json_array_add_double_element (array, number);
  }
  return array;
}

/* "WIDTHxHEIGHT", or one side, as timm has it: channels, height, width. */
static JsonArray *
split_size (const char *text)
{
  g_autoptr (JsonArray) sides = split_numbers (text, "x", 2);
  JsonArray *size;

  if (!sides)
    return NULL;
  size = json_array_new ();
  json_array_add_int_element (size, 3);
  json_array_add_double_element (size, json_array_get_double_element (sides, 1));
  json_array_add_double_element (size, json_array_get_double_element (sides, 0));
  return size;
}

/* What timm's config.json calls it, with the value as it has it there. FALSE where there is no such key, or no such
 * value. */
static gboolean
add_override (JsonObject * object, const char *key, const char *value)
{
  JsonArray *array = NULL;
  char *end;

  if (strcmp (key, "crop-mode") == 0 || strcmp (key, "interpolation") == 0) {
    json_object_set_string_member (object, key[0] == 'c' ? "crop_mode" : key, value);
    return TRUE;
  }
  if (strcmp (key, "crop-pct") == 0) {
    json_object_set_double_member (object, "crop_pct", g_ascii_strtod (value, &end));
    return end != value && !*end;
  }
  if (strcmp (key, "size") == 0)
    array = split_size (value);
  else if (strcmp (key, "mean") == 0 || strcmp (key, "std") == 0)
    array = split_numbers (value, ":", 3);
  if (array)
    json_object_set_array_member (object, strcmp (key, "size") == 0 ? "input_size" : key, array);
  return array != NULL;
}

gboolean
cnx_recipe_override (CnxRecipe * recipe, const char *text, GError ** error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  const CnxRecipeSection section = { "the recipe", object };
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  g_autoptr (GError) refused = NULL;

  for (guint i = 0; parts[i]; i++) {
    char *value = strchr (parts[i], '=');

    if (value)
      *value++ = '\0';
    if (!value || !add_override (object, g_strstrip (parts[i]), g_strstrip (value))) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "the recipe: '%s' is not one of size=N or size=WIDTHxHEIGHT, "
          "crop-pct=X, crop-mode=center|squash|border, interpolation=bicubic|bilinear, mean=X or mean=R:G:B, std=X or "
          "std=R:G:B%s", parts[i], value ? ", or has another kind of value" : "");
      return FALSE;
    }
  }
  if (read_timm (&section, recipe, &refused))
    return TRUE;
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, refused->message);
  return FALSE;
}

/* `resize` is the shorter side of the box resized to; the other side is to it as in the input. */
static int
box_side (const CnxRecipe * recipe, int side)
{
  return MAX (1, (int) ((gint64) recipe->resize * side / MIN (recipe->width, recipe->height)));
}

/* Python's round: half to even. */
static int
round_side (double side)
{
  return (int) CLAMP (rint (side), 1.0, (double) G_MAXINT / 2);
}

/* The longest side (@longest) or the shortest fills the box, the aspect ratio kept. */
static void
plan_keep_ratio (const CnxRecipe * recipe, int width, int height, gboolean longest,
    CnxCropPlan * plan)
{
  double ratio_x = (double) width / box_side (recipe, recipe->width);
  double ratio_y = (double) height / box_side (recipe, recipe->height);
  double ratio = longest ? MAX (ratio_x, ratio_y) : MIN (ratio_x, ratio_y);

  plan->resized_width = round_side (width / ratio);
  plan->resized_height = round_side (height / ratio);
}

static void
plan_shortest_side (const CnxRecipe * recipe, int width, int height, CnxCropPlan * plan)
{
  gint64 longest = (gint64) recipe->resize * MAX (width, height) / MIN (width, height);

  longest = MIN (longest, G_MAXINT / 2);
  plan->resized_width = width <= height ? recipe->resize : (int) longest;
  plan->resized_height = width <= height ? (int) longest : recipe->resize;
}

/* Padding puts the odd pixel at the right and the bottom. */
static int
crop_offset (const CnxRecipe * recipe, int side, int size)
{
  if (side < size || recipe->crop_rounding == CNX_CROP_ROUNDING_DOWN)
    return (side - size) / 2;
  return (int) rint ((side - size) / 2.0);
}

void
cnx_recipe_plan (const CnxRecipe * recipe, int width, int height, CnxCropPlan * plan)
{
  if (recipe->crop_mode == CNX_CROP_SQUASH) {
    plan->resized_width = box_side (recipe, recipe->width);
    plan->resized_height = box_side (recipe, recipe->height);
  } else if (recipe->crop_mode == CNX_CROP_BORDER) {
    plan_keep_ratio (recipe, width, height, TRUE, plan);
  } else if (recipe->width != recipe->height) {
    plan_keep_ratio (recipe, width, height, FALSE, plan);
  } else {
    plan_shortest_side (recipe, width, height, plan);
  }
  plan->x = crop_offset (recipe, plan->resized_width, recipe->width);
  plan->y = crop_offset (recipe, plan->resized_height, recipe->height);
}
