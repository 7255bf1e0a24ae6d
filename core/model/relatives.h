/* Relatives of ConvNeXt: what computes otherwise than the papers have it. The stem, the head and the kernels' sizes
 * show in the tensors; the norm's kind, its eps and the activation do not, and come from a config.json's `model_args`
 * or from what timm gives the architecture of that name. Part of model.[ch], and of what tells and writes it.
 *
 * Source: timm/models/convnext.py, its architectures' arguments. */
#pragma once

#include <json-glib/json-glib.h>

#include "core/model/arch.h"

G_BEGIN_DECLS

/** The activation called @name in timm's configs or Hugging Face's; FALSE where there is none of that name here. */
gboolean cnx_activation_parse (const char *name, CnxActivation * activation);
/** timm's name: "gelu", "silu". Static. */
const char *cnx_activation_name (CnxActivation activation);

/** Fills in what timm computes with for @architecture (up to a dot): norm, eps, activation; nothing where it is not
 * one of timm's names. Where that is NULL, by the sizes, which no other of its architectures has. FALSE and
 * CNX_ERROR_MODEL where the weights have another norm than an architecture of that name. */
gboolean cnx_arch_take_name (CnxArch * arch, const char *architecture, GError ** error);

/** Takes a config.json's `model_args` (NULL: none), which messages call @where: what the tensors do not show is filled
 * in, what they show must agree, and what would compute otherwise is refused. Errors: CNX_ERROR_MODEL, naming the key
 * and its value. */
gboolean cnx_arch_take_args (CnxArch * arch, const char *where, JsonObject * model_args, GError ** error);

/** OpenCLIP's open_clip_config.json as timm would write it: the image tower's architecture, and how pictures become its
 * input. NULL and CNX_ERROR_MODEL where the tower is none of a timm model, or pools or projects otherwise than the
 * tensors of @arch show. Free with json_object_unref(). Its arguments are taken on their own, after the name. */
JsonObject *cnx_open_clip_as_timm (CnxArch * arch, JsonObject * config, GError ** error);
gboolean cnx_open_clip_take_args (CnxArch * arch, JsonObject * config, GError ** error);

/** FALSE and CNX_ERROR_MODEL where the norms have no bias and nothing said of what kind they are. */
gboolean cnx_arch_check_norm (const CnxArch * arch, GError ** error);

/** What @arch computes otherwise than the papers' ConvNeXt, a phrase each, NULL-terminated. Free with g_strfreev(). */
char **cnx_arch_differences (const CnxArch * arch);

/** Adds the members of `model_args` from which timm builds @arch, but for the sizes. */
void cnx_arch_add_args (const CnxArch * arch, JsonBuilder * json);

G_END_DECLS
