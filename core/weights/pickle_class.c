#include "core/weights/pickle_class.h"

#include <string.h>

#define STORAGE(name, dtype, dtype_name, size) \
  {"torch", name "Storage", CNX_PICKLE_STORAGE, dtype, dtype_name, size}
#define INERT(module, name) {module, name, CNX_PICKLE_INERT}

static const CnxPickleClass classes[] = {
  {"collections", "OrderedDict", CNX_PICKLE_ORDERED_DICT},
  {"torch._utils", "_rebuild_tensor_v2", CNX_PICKLE_TENSOR},
  {"torch._utils", "_rebuild_parameter", CNX_PICKLE_PARAMETER},
  STORAGE ("Float", CNX_DTYPE_F32, "F32", 4),
  STORAGE ("Double", CNX_DTYPE_F64, "F64", 8),
  STORAGE ("Half", CNX_DTYPE_F16, "F16", 2),
  STORAGE ("BFloat16", CNX_DTYPE_BF16, "BF16", 2),
  STORAGE ("Long", CNX_DTYPE_OTHER, "I64", 8),
  STORAGE ("Int", CNX_DTYPE_OTHER, "I32", 4),
  STORAGE ("Short", CNX_DTYPE_OTHER, "I16", 2),
  STORAGE ("Char", CNX_DTYPE_OTHER, "I8", 1),
  STORAGE ("Byte", CNX_DTYPE_OTHER, "U8", 1),
  STORAGE ("Bool", CNX_DTYPE_OTHER, "BOOL", 1),
  /* What stands beside the weights in a training checkpoint: the options of the run, and scalars. */
  INERT ("argparse", "Namespace"),
  INERT ("torch", "Size"),
  INERT ("torch", "device"),
  INERT ("torch", "float32"),
  INERT ("torch", "float64"),
  INERT ("torch", "float16"),
  INERT ("torch", "bfloat16"),
  INERT ("torch", "int64"),
  INERT ("torch", "int32"),
  INERT ("torch", "int16"),
  INERT ("torch", "int8"),
  INERT ("torch", "uint8"),
  INERT ("torch", "bool"),
  INERT ("numpy", "dtype"),
  INERT ("numpy.core.multiarray", "scalar"),
  INERT ("numpy._core.multiarray", "scalar"),
  INERT ("_codecs", "encode"),
};

/* What people save in place of a state dict, by how the full name starts. */
static const struct
{
  const char *start;
  const char *advice;
} advices[] = {
  {"torch._utils._rebuild_sparse", "a sparse tensor, which is not read: save tensor.to_dense() instead"},
  {"torch._utils._rebuild_qtensor",
      "a quantized tensor, which is not read: save tensor.dequantize() instead"},
  {"torch._utils._rebuild_nested_tensor", "a nested tensor, which is not read"},
  {"torch.jit.", "a TorchScript module: refused, nothing was run; save model.state_dict() instead"},
  {"torch.nn.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"torchvision.models.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"timm.models.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"transformers.models.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
};

const CnxPickleClass *
cnx_pickle_class_find (const char *module, const char *name, const char **advice)
{
  g_autofree char *full = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++) {
    if (strcmp (classes[i].module, module) == 0 && strcmp (classes[i].name, name) == 0)
      return &classes[i];
  }
  full = g_strconcat (module, ".", name, NULL);
  *advice = "which no file of weights needs: refused, nothing was run; "
      "if it is part of a whole model, save model.state_dict() instead";
  for (guint i = 0; i < G_N_ELEMENTS (advices); i++) {
    if (g_str_has_prefix (full, advices[i].start))
      *advice = advices[i].advice;
  }
  return NULL;
}
