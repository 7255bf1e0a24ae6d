/* How a picture becomes the network's input: resize, crop, normalise, as the model was trained.
 *
 * Rounding follows the reference libraries: long side = trunc (short side wanted * long / short);
 * crop offset = (side - size) / 2, of which timm and torchvision round a half to even, and Hugging Face down. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/** Longest side of an input, and of the resize before its crop, that a file may ask for. */
#define CNX_RECIPE_MAX_INPUT 4096
#define CNX_RECIPE_MAX_RESIZE 16384

typedef enum
{
  CNX_INTERPOLATION_BILINEAR,   /* triangle filter, widened by the shrink factor */
  CNX_INTERPOLATION_BICUBIC,    /* Catmull-Rom (a = -0.5), widened by the shrink factor */
} CnxInterpolation;

typedef enum
{
  CNX_CROP_CENTER,              /* shortest side to `resize`, then the input from the centre */
  CNX_CROP_SQUASH,              /* both sides to `resize`, aspect ratio lost, then as above */
  CNX_CROP_BORDER,              /* longest side to `resize`, then padded with the mean colour */
} CnxCropMode;

typedef enum
{
  CNX_CROP_ROUNDING_HALF_EVEN,  /* timm, torchvision */
  CNX_CROP_ROUNDING_DOWN,       /* Hugging Face */
} CnxCropRounding;

/**
 * CnxRecipe:
 * @width, @height: the network's input in pixels
 * @resize: the side resized to before the crop, in pixels (for CENTER: the shortest); where the
 *   input is not square, the shorter side of the box resized to, whose other side is as much longer
 *   as the input's
 * @interpolation, @crop_mode, @crop_rounding: see their types
 * @mean, @std: per channel R, G, B in 0..1: input = (value / 255 - mean) / std
 *
 * A plain value.
 */
typedef struct
{
  int width, height;
  int resize;
  CnxInterpolation interpolation;
  CnxCropMode crop_mode;
  CnxCropRounding crop_rounding;
  float mean[3], std[3];
} CnxRecipe;

/**
 * CnxCropPlan:
 * @resized_width, @resized_height: the whole picture after the resize
 * @x, @y: where the input's top left pixel lies in the resized picture; negative where it is
 *   padded: with the mean colour for BORDER, with black otherwise (a `resize` below the input)
 *
 * The recipe applied to a picture of a given size.
 */
typedef struct
{
  int resized_width, resized_height;
  int x, y;
} CnxCropPlan;

/** 224 x 224, crop 0.875, bicubic, centre, ImageNet mean and std: what holds where nothing says
 * otherwise. */
void cnx_recipe_init (CnxRecipe * recipe);

/** "bilinear", "bicubic"; "center", "squash", "border": as timm calls them; "half-even", "down". Static. */
const char *cnx_interpolation_name (CnxInterpolation interpolation);
const char *cnx_crop_mode_name (CnxCropMode crop_mode);
const char *cnx_crop_rounding_name (CnxCropRounding crop_rounding);

/** `resize` for an input of @size with timm's `crop_pct`: floor (size / crop_pct); 0 where one of
 * them is not above 0. */
int cnx_recipe_resize_for (int size, double crop_pct);

/** Fills @recipe from a timm config.json's root object (its `pretrained_cfg`, and `crop_rounding` beside it, which is
 * ours); keys that are missing keep what @recipe holds. Errors: CNX_ERROR_FORMAT naming the key, what was there and
 * what may be. */
gboolean cnx_recipe_from_timm (CnxRecipe * recipe, JsonObject * config, GError ** error);

/** The same from Hugging Face's preprocessor_config.json, by the rules of the class of processors that it names: those
 * of ConvNeXt (also where it names none), ViT, DINOv3's ViT, DeiT, CLIP and BiT. Keys that are missing are as that
 * class has them. */
gboolean cnx_recipe_from_hugging_face (CnxRecipe * recipe, JsonObject * config, GError ** error);

/** Overrides what @text names, as `size=288,crop-pct=1.0`: `size` (a side, or WIDTHxHEIGHT, in pixels), `crop-pct`,
 * `crop-mode` (center, squash, border), `interpolation` (bicubic, bilinear), `mean` and `std` (one number, or
 * red:green:blue). A size without a crop-pct keeps the crop's share. Errors: CNX_ERROR_INPUT naming the key and what
 * may be. */
gboolean cnx_recipe_override (CnxRecipe * recipe, const char *text, GError ** error);

/** Where a picture of @width x @height pixels (already in square pixels) lands. Thread-safe. */
void cnx_recipe_plan (const CnxRecipe * recipe, int width, int height, CnxCropPlan * plan);

G_END_DECLS
