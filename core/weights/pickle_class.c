#include "core/weights/pickle_class.h"

#include <string.h>

#define STORAGE(name, dtype, dtype_name, size) \
  {"torch", name "Storage", CNX_PICKLE_STORAGE, dtype, dtype_name, size}
#define DTYPE(name, dtype, dtype_name, size) {"torch", name, CNX_PICKLE_DTYPE, dtype, dtype_name, size}
#define ODD_TENSOR(name, advice) {"torch._utils", name, CNX_PICKLE_ODD_TENSOR, CNX_DTYPE_OTHER, NULL, 0, advice}
#define ARRAY(module, name) {module, name, CNX_PICKLE_INERT, CNX_DTYPE_OTHER, NULL, 0, \
    "NumPy arrays, which are not read: save tensors, by torch.save({k: torch.from_numpy(v) for k, v in d.items()}, f)"}

static const CnxPickleClass classes[] = {
  {"collections", "OrderedDict", CNX_PICKLE_DICT},
  {"collections", "defaultdict", CNX_PICKLE_DICT},
  {"torch._utils", "_rebuild_tensor_v2", CNX_PICKLE_TENSOR},
  {"torch._utils", "_rebuild_tensor_v3", CNX_PICKLE_TENSOR},
  {"torch._utils", "_rebuild_parameter", CNX_PICKLE_PARAMETER},
  {"torch._utils", "_rebuild_parameter_with_state", CNX_PICKLE_PARAMETER},
  {"torch._tensor", "_rebuild_from_type_v2", CNX_PICKLE_TYPED},
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
  STORAGE ("ComplexFloat", CNX_DTYPE_OTHER, "C64", 8),
  STORAGE ("ComplexDouble", CNX_DTYPE_OTHER, "C128", 16),
  STORAGE ("QInt8", CNX_DTYPE_OTHER, "I8", 1),
  STORAGE ("QUInt8", CNX_DTYPE_OTHER, "U8", 1),
  STORAGE ("QInt32", CNX_DTYPE_OTHER, "I32", 4),
  /* Of types younger than the classes above: the tensor names its dtype. */
  {"torch.storage", "UntypedStorage", CNX_PICKLE_STORAGE, CNX_DTYPE_OTHER, NULL, 1},
  DTYPE ("float32", CNX_DTYPE_F32, "F32", 4),
  DTYPE ("float64", CNX_DTYPE_F64, "F64", 8),
  DTYPE ("float16", CNX_DTYPE_F16, "F16", 2),
  DTYPE ("bfloat16", CNX_DTYPE_BF16, "BF16", 2),
  DTYPE ("int64", CNX_DTYPE_OTHER, "I64", 8),
  DTYPE ("int32", CNX_DTYPE_OTHER, "I32", 4),
  DTYPE ("int16", CNX_DTYPE_OTHER, "I16", 2),
  DTYPE ("int8", CNX_DTYPE_OTHER, "I8", 1),
  DTYPE ("uint8", CNX_DTYPE_OTHER, "U8", 1),
  DTYPE ("uint16", CNX_DTYPE_OTHER, "U16", 2),
  DTYPE ("uint32", CNX_DTYPE_OTHER, "U32", 4),
  DTYPE ("uint64", CNX_DTYPE_OTHER, "U64", 8),
  DTYPE ("bool", CNX_DTYPE_OTHER, "BOOL", 1),
  DTYPE ("complex64", CNX_DTYPE_OTHER, "C64", 8),
  DTYPE ("complex128", CNX_DTYPE_OTHER, "C128", 16),
  DTYPE ("float8_e4m3fn", CNX_DTYPE_OTHER, "F8_E4M3", 1),
  DTYPE ("float8_e5m2", CNX_DTYPE_OTHER, "F8_E5M2", 1),
  DTYPE ("float8_e4m3fnuz", CNX_DTYPE_OTHER, "F8_E4M3FNUZ", 1),
  DTYPE ("float8_e5m2fnuz", CNX_DTYPE_OTHER, "F8_E5M2FNUZ", 1),
  DTYPE ("float8_e8m0fnu", CNX_DTYPE_OTHER, "F8_E8M0", 1),
  ODD_TENSOR ("_rebuild_qtensor", "a quantized tensor, which is not read: save tensor.dequantize() instead, or the "
      "weights as they were before they were quantized"),
  ODD_TENSOR ("_rebuild_sparse_tensor", "a sparse tensor, which is not read: save tensor.to_dense() instead"),
  ODD_TENSOR ("_rebuild_sparse_csr_tensor", "a sparse tensor, which is not read: save tensor.to_dense() instead"),
  ODD_TENSOR ("_rebuild_nested_tensor", "a nested tensor, which is not read"),
  ODD_TENSOR ("_rebuild_meta_tensor_no_storage", "a tensor of the 'meta' device, which has no values: save the model "
      "after its weights are loaded"),
  ODD_TENSOR ("_rebuild_wrapper_subclass", "a tensor subclass that wraps others, which is not read: save "
      "plain tensors"),
  ODD_TENSOR ("_rebuild_device_tensor_from_numpy", "a tensor of another device, kept as a NumPy array, which is not "
      "read: save tensor.cpu() instead"),
  ODD_TENSOR ("_rebuild_device_tensor_from_cpu_tensor", "a tensor of another device, which is not read: save "
      "tensor.cpu() instead"),
  ARRAY ("numpy.core.multiarray", "_reconstruct"),
  ARRAY ("numpy._core.multiarray", "_reconstruct"),
  ARRAY ("numpy.core.numeric", "_frombuffer"),
  ARRAY ("numpy._core.numeric", "_frombuffer"),
};

/* What stands beside the weights in a training's checkpoint: its options, its counters, the states of its optimizer,
 * schedules and random numbers. All of them are values; a module that ends on '*' stands for those inside it too, and
 * a '*' for every name. */
static const struct
{
  const char *module;
  const char *names;
} inert[] = {
  {"builtins", "Ellipsis bool bytearray bytes complex dict float frozenset int list object range set slice str tuple"},
  {"__builtin__", "Ellipsis bool bytearray complex dict float frozenset int list long object set slice str tuple "
      "unicode xrange"},
  {"_codecs", "encode"},
  {"collections", "Counter deque"},
  {"copyreg", "_reconstructor"},
  {"copy_reg", "_reconstructor"},
  {"datetime", "date datetime time timedelta timezone"},
  {"decimal", "Decimal"},
  {"fractions", "Fraction"},
  {"uuid", "SafeUUID UUID"},
  {"zoneinfo", "ZoneInfo"},
  {"argparse", "Namespace"},
  {"types", "SimpleNamespace"},
  {"typing", "Any Dict List Optional Tuple Union"},
  {"pathlib*", "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath"},
  {"numpy", "bool bool_ dtype float16 float32 float64 int16 int32 int64 int8 ndarray uint16 uint32 uint64 uint8"},
  {"numpy.core.multiarray", "scalar"},
  {"numpy._core.multiarray", "scalar"},
  {"numpy.dtypes", "*"},
  {"numpy.random*", "*"},
  {"torch", "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor "
      "ShortTensor Size Tensor device per_channel_affine per_channel_affine_float_qparams per_channel_symmetric "
      "per_tensor_affine per_tensor_symmetric"},
  {"torch._C", "Generator"},
  {"torch.nn.parameter", "Buffer Parameter"},
  {"torch.serialization", "_get_layout"},
  /* Dicts with attributes, nodes of configs, and states that are named by their callback's class. */
  {"addict*", "*"},
  {"easydict*", "*"},
  {"fastai.torch_core", "*"},
  {"lightning*", "*"},
  {"lightning_fabric*", "*"},
  {"mmcv.utils.config", "ConfigDict"},
  {"mmengine*", "*"},
  {"munch*", "*"},
  {"omegaconf*", "*"},
  {"pytorch_lightning*", "*"},
  {"yacs.config", "CfgNode"},
};

static const CnxPickleClass inert_class = {.module = "",.name = "",.role = CNX_PICKLE_INERT };

/* What people save in place of a state dict, by how the full name starts. */
static const struct
{
  const char *start;
  const char *advice;
} advices[] = {
  {"torch.jit.", "a TorchScript module: refused, nothing was run; save model.state_dict() instead"},
  {"torch.nn.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"torch.fx.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"torchvision.models.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"timm.models.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"transformers.models.", "a whole model: refused, nothing was run; save model.state_dict() instead"},
  {"fastai.learner.", "a whole Learner: refused, nothing was run; save learn.model.state_dict() instead"},
  {"torch.distributed.", "a part of a tensor that is spread over several processes: refused, nothing was run; gather "
      "the full state dict and save that"},
  {"torch.ao.", "a quantized model: refused, nothing was run; save the weights as they were before"},
  {"torchao.", "a quantized tensor, which is not read: save the weights as they were before they were quantized"},
  {"bitsandbytes.", "a quantized tensor, which is not read: save the weights as they were before they were quantized"},
  {"peft.", "a model with adapters: refused, nothing was run; save model.merge_and_unload().state_dict() instead"},
};

/* "a.b" and "a.b.c" are in "a.b*"; "a.b_c" is not. */
static gboolean
module_is_in (const char *module, const char *row)
{
  const gsize length = strlen (row) - 1;

  if (row[length] != '*')
    return strcmp (module, row) == 0;
  return strncmp (module, row, length) == 0 && (module[length] == '\0' || module[length] == '.');
}

/* A name with a dot leads elsewhere: no saver writes one. */
static gboolean
name_is_among (const char *name, const char *names)
{
  const gsize length = strlen (name);

  if (strcmp (names, "*") == 0)
    return !strchr (name, '.');
  for (const char *at = names; length > 0 && (at = strstr (at, name)); at += length)
    if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0') && !strchr (name, ' '))
      return TRUE;
  return FALSE;
}

const CnxPickleClass *
cnx_pickle_class_find (const char *module, const char *name, const char **advice)
{
  g_autofree char *full = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++) {
    if (strcmp (classes[i].module, module) == 0 && strcmp (classes[i].name, name) == 0)
      return &classes[i];
  }
  for (guint i = 0; i < G_N_ELEMENTS (inert); i++)
    if (module_is_in (module, inert[i].module) && name_is_among (name, inert[i].names))
      return &inert_class;
  full = g_strconcat (module, ".", name, NULL);
  *advice = "which no file of weights needs: refused, nothing was run; "
      "if it is part of a whole model, save model.state_dict() instead";
  for (guint i = 0; i < G_N_ELEMENTS (advices); i++) {
    if (g_str_has_prefix (full, advices[i].start))
      *advice = advices[i].advice;
  }
  return NULL;
}
