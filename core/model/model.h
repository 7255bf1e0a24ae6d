/* A model: an architecture, its weights (still in their file), labels and preprocessing recipe.
 * Immutable after loading and reference-counted; every function is thread-safe. */
#pragma once

#include "core/model/arch.h"
#include "core/weights/checkpoint.h"
#include "core/model/labels.h"
#include "core/model/naming.h"
#include "core/model/recipe.h"

G_BEGIN_DECLS

typedef struct _CnxModel CnxModel;

/** Loads a file of weights (core/weights/checkpoint.h has the formats), or those in a directory: `model.safetensors`,
 * its index of shards, `pytorch_model.bin`, or the only one there. The recipe and the labels come from config.json (or,
 * before it, NAME.json for NAME.safetensors) and preprocessor_config.json beside it, where they are.
 * Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT, CNX_ERROR_MODEL (the first missing, unexpected or misshapen
 * tensor, its expected and found shape, and the scheme that was assumed).
 * Free with cnx_model_unref(). */
CnxModel *cnx_model_load (const char *path, GError ** error);
/** The same for one that gets its labels by cnx_model_with_labels(), or needs none: labels in its config that cannot be
 * used are no error, and cnx_model_notes() tells of them. */
CnxModel *cnx_model_load_to_label (const char *path, GError ** error);
CnxModel *cnx_model_ref (CnxModel * model);
void cnx_model_unref (CnxModel * model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxModel, cnx_model_unref)

/** A short name: config.json's `name` or `architecture`, or the file's folder or name. */
const char *cnx_model_name (CnxModel * model);
const char *cnx_model_path (CnxModel * model);
const CnxArch *cnx_model_arch (CnxModel * model);
const CnxRecipe *cnx_model_recipe (CnxModel * model);
CnxScheme cnx_model_scheme (CnxModel * model);
/** Whether it has a classifier, so that it can label; weights that give features only do not.
 * Errors: CNX_ERROR_MODEL, which says what such weights are good for. */
gboolean cnx_model_check_classifier (CnxModel * model, GError ** error);
/** What the file holds beside the network that is not read, as cnx_checkpoint_unread(). */
const char *const *cnx_model_unread (CnxModel * model, guint * count);
/** Why labels in its config cannot be used, of one that was loaded to be labelled, or for no labels; NULL. Owned by the
 * model. */
const GError *cnx_model_labels_error (CnxModel * model);
/** Lines to tell whoever uses the model, of what is not read and the like; NULL-terminated. Free with g_strfreev(). */
char **cnx_model_notes (CnxModel * model);
/** eps of the LayerNorm before the classifier; CNX_NORM_EPS everywhere else. */
double cnx_model_final_norm_eps (CnxModel * model);

/** The label of class @id: from config.json; where that names none, ImageNet-1k's if there are 1000 classes, else
 * "class 17". Owned by the model. */
const char *cnx_model_label (CnxModel * model, int id);
/** Where the labels come from: a file's path, or "ImageNet-1k"; NULL where nothing names the classes. Owned by the
 * model. */
const char *cnx_model_labels_from (CnxModel * model);

/** What makes confidences of its logits: sigmoid where there is one class, or config.json's `problem_type` has several
 * at once; else softmax. */
CnxConfidence cnx_model_confidence (CnxModel * model);

/** The confidence that a label needs: @set, from 0 (any will do) to 1, where the user set one; where not (@set is below
 * 0), what config.json recommends as `threshold`; else @otherwise. */
double cnx_model_threshold (CnxModel * model, double set, double otherwise);
/** What is usual where nothing is recommended. */
#define CNX_USUAL_THRESHOLD 0.5

/** A copy of @model that shares its weights, with labels read from a text file, one per line in class order.
 * Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT when the number of lines is not the number of classes,
 * CNX_ERROR_MODEL without a classifier. */
CnxModel *cnx_model_with_labels (CnxModel * model, const char *path, GError ** error);

/** A copy of @model that shares its weights, with what @text names of its recipe overridden: see
 * cnx_recipe_override(). */
CnxModel *cnx_model_with_recipe (CnxModel * model, const char *text, GError ** error);

/** The tensor of @role in @stage and @block, its shape already checked; NULL where the architecture has none
 * (no classifier, layer scale in V2, GRN in V1). Owned by the model. */
const CnxTensor *cnx_model_tensor (CnxModel * model, CnxRole role, int stage, int block);

/** The types that the tensors are stored in: 1 << CNX_DTYPE_F16 and so on, or-ed. */
guint cnx_model_dtypes (CnxModel * model);

/** The values of @role's tensor as floats; NULL where the architecture has none. Free with g_free(). */
float *cnx_model_values (CnxModel * model, CnxRole role, int stage, int block);

/** The weights of @count outputs of @role's product from @first on, each as many floats as it has inputs. The stem's
 * and a downsample's, stored (outputs, inputs, patch, patch), come in the order of a product over patches: (patch,
 * patch, inputs). */
void cnx_model_rows (CnxModel * model, CnxRole role, int stage, int block, int first, int count, float *rows);

/** Whether the weights that were read are those that the file held when the model was loaded: to be asked after the
 * last one is read. Errors: CNX_ERROR_FORMAT, for a file that was cut short or written to meanwhile. */
gboolean cnx_model_check (CnxModel * model, GError ** error);

/** Finds weights by a variant's or a model's name: those in `<dir>/<name>`, `<dir>/<name>.safetensors` (.pth and so on)
 * and the spellings that downloads use (`convnext_small.safetensors`, `convnext-small-224/...`), in @dirs in
 * order (NULL-terminated). Returns the path (g_free()), or CNX_ERROR_NOT_FOUND whose message says
 * "looked in: ..." and, for a published variant, the command that fetches it, and the URL to download and the path
 * inside the user's folder @user_dir to put it at; @user_dir should be one of @dirs. */
char *cnx_model_find (const char *name, const char *const *dirs, const char *user_dir, GError ** error);

/** Where models are looked for, in order: $CONVNEXT_MODEL_PATH (separated as in $PATH), the user's and the
 * system's data folders, where `meson install` puts ours, and the source tree. Free with g_strfreev(). */
char **cnx_model_dirs (void);

/** The user's own folder of those, where downloads go. It need not be there yet. Free with g_free(). */
char *cnx_model_user_dir (void);

/** Loads what a user asks for. @name: a weights file, a folder that holds one, or a model's name to look up in
 * cnx_model_dirs(), the hub's owner before it or not ("timm/convnext_tiny.fb_in1k"); NULL or "": found by
 * @variant. @variant: a published variant's name; NULL or "": any. With @name it is what the model must be; with
 * neither, the model that ships ("everyday"). @labels: a text file, one label per line in class order; NULL or "":
 * the model's own. @recipe: as cnx_recipe_override() takes it; NULL or "": the model's own. Free with
 * cnx_model_unref().
 * Errors: those of cnx_model_find(), cnx_model_load(), cnx_model_with_labels() and cnx_model_with_recipe();
 * CNX_ERROR_MODEL when the model is not of the variant asked for. */
CnxModel *cnx_model_open (const char *name, const char *variant, const char *labels, const char *recipe,
    GError ** error);
/** The same for what needs no labels, as features or a description do: those of the model that cannot be used are no
 * error. */
CnxModel *cnx_model_open_unlabelled (const char *name, const char *variant, const char *recipe, GError ** error);

/** What cnx_model_open() would read: the same text as long as the same files stand there, unchanged. It reads none of
 * them. NULL where there are no such weights. Free with g_free(). */
char *cnx_model_stamp (const char *name, const char *variant, const char *labels);

G_END_DECLS
