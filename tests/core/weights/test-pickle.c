/* Pickles of state dicts, good and broken, and those that ask for more than weights. */
#include <string.h>

#include "core/error.h"
#include "core/weights/pickle.h"
#include "core/weights/pickle_holder.h"
#include "core/weights/pickle_machine.h"
#include "tests/core/weights/torch_files.h"
#include "tests/support/temp_files.h"

#define GOOD CNX_TEST_GOOD_TENSOR
#define TENSOR CNX_TEST_TENSOR
#define REBUILD CNX_TEST_REBUILD

static CnxStateDict *
read_pickle (GByteArray * pickle, GError ** error)
{
  /* At its exact size, so that a sanitizer sees a read past the end. */
  g_autofree guint8 *copy = g_memdup2 (pickle->data, pickle->len);

  return cnx_pickle_read (copy, pickle->len, "'t.pth': its data.pkl", error);
}

static CnxStateDict *
read_program (const char *program, GError ** error)
{
  g_autoptr (GByteArray) pickle = cnx_test_pickle (program);

  return read_pickle (pickle, error);
}

static void
assert_refused (CnxStateDict * dict, GError ** error, const char *says)
{
  g_assert_null (dict);
  g_assert_error (*error, CNX_ERROR, CNX_ERROR_FORMAT);
  g_assert_true (g_utf8_validate ((*error)->message, -1, NULL));
  cnx_test_assert_message (*error, "'t.pth': its data.pkl", says, NULL);
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxStateDict) dict = read_program ("x80 x02 } ( " GOOD
      TENSOR ("a.b", "HalfStorage", "17", "100", "10", "3 4 5", "1 3 12")
      "'steps' 7 'none' N 'name' 'x' 'list' ] ( 1 2 e "
      TENSOR ("n", "LongStorage", "k", "1", "0", "", "")
      TENSOR ("empty", "BoolStorage", "e", "0", "0", "0 9", "9 1") "u .", &error);
  const CnxPickledTensor *tensor;

  g_assert_no_error (error);
  g_assert_cmpuint (cnx_state_dict_n_tensors (dict), ==, 4);
  tensor = cnx_state_dict_tensor (dict, 0);
  g_assert_cmpstr (tensor->name, ==, "w");
  g_assert_cmpstr (tensor->storage, ==, "0");
  g_assert_cmpint (tensor->dtype, ==, CNX_DTYPE_F32);
  g_assert_cmpint (tensor->n_dims, ==, 2);
  g_assert_true (tensor->dims[0] == 2 && tensor->dims[1] == 3);
  g_assert_true (tensor->strides[0] == 3 && tensor->strides[1] == 1);
  tensor = cnx_state_dict_tensor (dict, 1);
  g_assert_cmpstr (tensor->name, ==, "a.b");
  g_assert_cmpstr (tensor->dtype_name, ==, "F16");
  g_assert_cmpint (tensor->element_size, ==, 2);
  g_assert_cmpint (tensor->storage_count, ==, 100);
  g_assert_cmpint (tensor->offset, ==, 10);
  g_assert_true (tensor->dims[2] == 5 && tensor->strides[2] == 12);
  tensor = cnx_state_dict_tensor (dict, 2);
  g_assert_cmpstr (tensor->dtype_name, ==, "I64");
  g_assert_cmpint (tensor->dtype, ==, CNX_DTYPE_OTHER);
  g_assert_cmpint (tensor->n_dims, ==, 0);
  g_assert_cmpint (cnx_state_dict_tensor (dict, 3)->dims[0], ==, 0);
}

static const struct
{
  const char *class, *dtype_name;
  CnxDtype dtype;
  int size;
} storages[] = {
  {"FloatStorage", "F32", CNX_DTYPE_F32, 4},
  {"DoubleStorage", "F64", CNX_DTYPE_F64, 8},
  {"HalfStorage", "F16", CNX_DTYPE_F16, 2},
  {"BFloat16Storage", "BF16", CNX_DTYPE_BF16, 2},
  {"LongStorage", "I64", CNX_DTYPE_OTHER, 8},
  {"IntStorage", "I32", CNX_DTYPE_OTHER, 4},
  {"ShortStorage", "I16", CNX_DTYPE_OTHER, 2},
  {"CharStorage", "I8", CNX_DTYPE_OTHER, 1},
  {"ComplexFloatStorage", "C64", CNX_DTYPE_OTHER, 8},
  {"ComplexDoubleStorage", "C128", CNX_DTYPE_OTHER, 16},
  {"ByteStorage", "U8", CNX_DTYPE_OTHER, 1},
  {"BoolStorage", "BOOL", CNX_DTYPE_OTHER, 1},
};

static void
test_storages (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (storages); i++) {
    g_autofree char *program = g_strdup_printf ("x80 x02 } 'w' @torch._utils/_rebuild_tensor_v2 ( "
        "( 'storage' @torch/%s '0' 'cuda:0' 2 t Q 0 2 x85 1 x85 x88 } t R s .", storages[i].class);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxStateDict) dict = read_program (program, &error);
    const CnxPickledTensor *tensor;

    g_assert_no_error (error);
    tensor = cnx_state_dict_tensor (dict, 0);
    g_assert_cmpstr (tensor->dtype_name, ==, storages[i].dtype_name);
    g_assert_cmpint (tensor->dtype, ==, storages[i].dtype);
    g_assert_cmpint (tensor->element_size, ==, storages[i].size);
  }
}

/* Pickles that hold one state dict of 'w' alone, in the ways that files come in. */
static const struct
{
  const char *what, *program;
} holding[] = {
  {"ordered-dict", "x80 x02 @collections/OrderedDict ) R ( " GOOD "u } '_metadata' } s b ."},
  {"parameter", "x80 x02 } ( 'w' @torch._utils/_rebuild_parameter ( "
      REBUILD ("FloatStorage", "0", "6", "0", "2 3", "3 1") "x88 @collections/OrderedDict ) R t R u ."},
  {"with-metadata", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v2 ( ( 'storage' @torch/FloatStorage "
      "'0' 'cpu' 6 t Q 0 ( 2 3 t ( 3 1 t x89 @collections/OrderedDict ) R } t R u ."},
  {"under-model", "x80 x02 } 'epoch' 300 s 'model' } ( " GOOD "u s ."},
  {"under-model-state-dict", "x80 x02 } 'epoch' 300 s 'model_state_dict' } ( " GOOD "u s ."},
  {"under-ema-state-dict", "x80 x02 } 'state_dict' } ( " TENSOR ("v", "FloatStorage", "0", "1", "0", "", "") "u s "
      "'ema_state_dict' } ( " GOOD "u s ."},
  {"ema-first", "x80 x02 } 'model' } ( " TENSOR ("v", "FloatStorage", "0", "1", "0", "", "") "u s "
      "'state_dict' } ( " TENSOR ("u", "FloatStorage", "0", "1", "0", "", "") "u s "
      "'model_ema' } ( " GOOD "u s ."},
  {"no-ema", "x80 x02 } 'model_ema' N s 'state_dict_ema' } s 'state_dict' } ( " GOOD "u s ."},
  {"tensor-beside", "x80 x02 } 'best' " REBUILD ("FloatStorage", "1", "1", "0", "", "") "s "
      "'state_dict' } ( " GOOD "u s ."},
  {"last-wins", "x80 x02 } 'model' } ( " TENSOR ("v", "FloatStorage", "0", "1", "0", "", "")
      "u s 'model' } ( " GOOD "u s ."},
  {"training", "x80 x02 } 'optimizer' } 'state' } 0 } 'step' G x00 x00 x00 x00 x00 x00 x00 x00 s s s "
      "'param_groups' ] } 'lr' 1 s a s s 'args' @argparse/Namespace ) x81 } 'lr' 1 s b s "
      "'shape' @torch/Size ( 1 2 t x85 R s 'dtype' @torch/float32 s 'device' @torch/device 'cpu' x85 R s "
      "'acc' @numpy.core.multiarray/scalar @numpy/dtype ( 'f8' x89 x88 t R ( 3 '<' N N N -1 -1 0 t b "
      "@_codecs/encode 'ab' 'latin1' x86 R x86 R s 'model' } ( " GOOD "u s ."},
  {"self", "x80 x02 } q x00 'me' h x00 s ( " GOOD "u ."},
  {"self-in-list", "x80 x02 } ( 'l' ] q x00 h x00 a h x00 a " GOOD "u ."},
  {"protocol-4", "x80 x04 x95 x05 x00 x00 x00 x00 x00 x00 x00 } x94 ( x8c x01 w x8c x0c torch._utils "
      "x8c x12 _rebuild_tensor_v2 x93 x94 ( ( 'storage' 'torch' 'FloatStorage' x93 '0' 'cpu' 6 t Q 0 "
      "2 3 x86 3 1 x86 x89 'collections' 'OrderedDict' x93 ) R t R x94 u ."},
  {"binary-strings", "x80 x02 } ( U x01 w @torch._utils/_rebuild_tensor_v2 ( ( U x07 storage "
      "@torch/FloatStorage T x01 x00 x00 x00 x30 x58 x03 x00 x00 x00 cpu "
      "M x06 x00 t Q x8a x00 ( x8a x01 x02 x8b x01 x00 x00 x00 x03 t ( 3 1 t N N t R u ."},
  {"pops", "x80 x02 1 x30 ( 1 2 x31 ( x30 } ( " GOOD "u ."},
  {"dict-from-mark", "x80 x02 ( " GOOD "d ."},
  {"long-name-get", "x80 x02 } r x01 x00 x00 x00 ( " GOOD "u x30 j x01 x00 x00 x00 ."},
  {"new-dict", "x80 x02 @collections/OrderedDict ) x81 ( " GOOD "u ."},
  {"under-net", "x80 x02 } 'net' } ( " GOOD "u s 'acc' 1 s ."},
  {"under-params-ema", "x80 x02 } 'params' } ( " TENSOR ("v", "FloatStorage", "0", "1", "0", "1", "1") "u s "
      "'params_ema' } ( " GOOD "u s ."},
  {"swapped-ema", "x80 x02 } 'message_hub' N s 'ema_state_dict' } ( " TENSOR ("v", "FloatStorage", "0", "1", "0", "1",
          "1") "u s 'state_dict' } ( " GOOD "u s ."},
  {"student-first", "x80 x02 } 'teacher' } ( " TENSOR ("v", "FloatStorage", "0", "1", "0", "1", "1") "u s "
      "'student' } ( " GOOD "u s ."},
  {"ema-of-scalars", "x80 x02 } 'ema' } ( " TENSOR ("decay", "FloatStorage", "0", "1", "0", "", "") "u s "
      "'model' } ( " GOOD "u s ."},
  {"one-deeper", "x80 x02 } 'state' } ( 'rng' N 'model' } ( " GOOD "u u s ."},
  {"only-dict", "x80 x02 } ( 'epoch' 1 'encoder' } ( " GOOD "u u ."},
  {"in-tuple", "x80 x02 } ( " GOOD "u 3 x86 ."},
  {"in-list", "x80 x02 ] } ( " GOOD "u a ."},
  /* As Python's and NumPy's own picklers write them, by protocols 2, 4 and 5. */
  {"arrays", "x80 x02 } ( " GOOD "'a' @numpy._core.multiarray/_reconstruct @numpy/ndarray 0 x85 @_codecs/encode 'b' "
      "'latin1' x86 R x87 R ( 1 2 x85 @numpy/dtype 'f8' x89 x88 x87 R ( 3 '<' N N N -1 -1 0 t b x89 @_codecs/encode "
      "'00' 'latin1' x86 R t b u ."},
  {"old-arrays", "x80 x04 } ( " GOOD "'a' @numpy.core.multiarray/_reconstruct @numpy/ndarray 0 x85 C x01 b x87 R ( 1 "
      "2 x85 @numpy.dtypes/Float64DType ) R x89 C x02 00 t b u ."},
  {"framed-arrays", "x80 x05 } ( " GOOD "'a' @numpy._core.numeric/_frombuffer ( x96 x02 x00 x00 x00 x00 x00 x00 x00 00 "
      "@numpy/dtype 'f8' x89 x88 x87 R 2 x85 'C' t R 'b' x8e x01 x00 x00 x00 x00 x00 x00 x00 z u ."},
  {"counter", "x80 x02 } ( " GOOD "'c' @collections/Counter } 'a' 2 s x85 R u ."},
  {"defaultdict", "x80 x02 } ( " GOOD "'d' @collections/defaultdict @__builtin__/list x85 R 'loss' ] 1 a s u ."},
  {"defaultdict-holds", "x80 x02 @collections/defaultdict N x85 R ( " GOOD "u ."},
  {"sets", "x80 x02 } ( " GOOD "'s' @__builtin__/set ] ( 1 2 e x85 R 'f' @builtins/frozenset ] 1 a x85 R u ."},
  {"new-sets", "x80 x04 } ( " GOOD "'s' x8f x94 ( 1 2 x90 'f' ( 1 2 x91 x94 u ."},
  {"deque", "x80 x02 } ( " GOOD "'q' @collections/deque ) 9 x86 R ( 1 2 e u ."},
  {"path", "x80 x02 } ( " GOOD "'p' @pathlib/PosixPath '/' 'data' x86 R 'n' @pathlib._local/PosixPath '/' x85 R u ."},
  {"times", "x80 x04 } ( " GOOD "'t' @datetime/datetime C x01 a @datetime/timezone @datetime/timedelta 0 0 0 x87 R "
      "x85 R x86 R u ."},
  {"namespaces", "x80 x02 } ( " GOOD "'a' @argparse/Namespace ) x81 } 'lr' 1 s b 's' @types/SimpleNamespace ) R } "
      "'a' 1 s b u ."},
  {"torch-things", "x80 x02 } ( " GOOD "'s' @torch/Size ( 1 2 t x85 R 't' @torch/bfloat16 'd' @torch/device 'cuda' 0 "
      "x86 R 'l' @torch.serialization/_get_layout 'torch.strided' x85 R 'q' @torch/per_tensor_affine 'g' "
      "@torch._C/Generator @torch/device 'cpu' x85 R x85 R N N N x87 b u ."},
  {"odd-tensors-beside", "x80 x02 } ( 'q' } 'w' @torch._utils/_rebuild_qtensor ( 1 t R s 'c' "
      REBUILD ("ComplexFloatStorage", "1", "1", "0", "1", "1") "'model' } ( " GOOD "u u ."},
  {"named-new", "x80 x04 } ( " GOOD "'n' @argparse/Namespace ) } 'a' 1 s x92 u ."},
  {"config-nodes", "x80 x02 } ( " GOOD "'h' @omegaconf.dictconfig/DictConfig ) x81 } ( '_metadata' "
      "@omegaconf.base/ContainerMetadata ) x81 } 'ref' @typing/Any s b u b 'a' "
      "@lightning_fabric.utilities.data/AttributeDict ) x81 ( 'lr' 1 u 'c' } "
      "@pytorch_lightning.callbacks.model_checkpoint/ModelCheckpoint } s u ."},
  {"numbers-of-protocol-1", "} ( " GOOD "'t' I x30 x31 \n 'n' I x2d x31 \n 'l' L x31 L \n 'o' @copy_reg/_reconstructor "
      "@argparse/Namespace @__builtin__/object N x87 R } b u ."},
  {"dup", "x80 x02 } ( 'a' 1 x32 x30 " GOOD "u ."},
  {"attributes", "x80 x02 } ( 'w' @torch._tensor/_rebuild_from_type_v2 ( @torch._utils/_rebuild_tensor_v2 "
      "@torch/Tensor ( ( 'storage' @torch/FloatStorage '0' 'cpu' 6 t Q 0 ( 2 3 t ( 3 1 t x89 @collections/OrderedDict "
      ") R t } 'x' 1 s t R u ."},
  {"parameter-attributes", "x80 x02 } ( 'w' @torch._utils/_rebuild_parameter_with_state ( "
      REBUILD ("FloatStorage", "0", "6", "0", "2 3", "3 1") "x88 @collections/OrderedDict ) R } 'lr' 3 s t R u ."},
  {"untyped-storage", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v3 ( ( 'storage' @torch.storage/UntypedStorage "
      "'0' 'cpu' 24 t Q 0 ( 2 3 t ( 3 1 t x89 N @torch/float32 t R u ."},
  {"bytes", "x80 x03 } ( 'b' C x02 ab 'c' B x01 x00 x00 x00 c 'big' x8a x09 abcdefghi 'l' ( 1 2 l "
      GOOD "u ."},
};

static void
test_holding (gconstpointer data)
{
  const char *program = holding[GPOINTER_TO_SIZE (data)].program;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxStateDict) dict = NULL;
  const CnxPickledTensor *tensor;
  g_autoptr (GByteArray) pickle = cnx_test_pickle (program);

  dict = read_pickle (pickle, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnx_state_dict_n_tensors (dict), ==, 1);
  tensor = cnx_state_dict_tensor (dict, 0);
  g_assert_cmpstr (tensor->name, ==, "w");
  g_assert_cmpstr (tensor->storage, ==, "0");
  g_assert_cmpint (tensor->storage_count, ==, 6);
  g_assert_true (tensor->n_dims == 2 && tensor->dims[0] == 2 && tensor->dims[1] == 3);

  /* Cut short anywhere, it is refused. */
  for (; pickle->len > 0; g_byte_array_set_size (pickle, pickle->len - 1)) {
    g_autoptr (GError) cut_error = NULL;
    g_autoptr (GByteArray) cut = g_byte_array_new ();

    g_byte_array_append (cut, pickle->data, pickle->len - 1);
    assert_refused (read_pickle (cut, &cut_error), &cut_error, "");
  }
}

/* What a pickle could do to whoever lets it run, and what is no state dict: each with what the message must say. */
static const struct
{
  const char *what, *program, *says;
} broken[] = {
  {"call", "@posix/system 'touch' x85 R .", "'posix.system', which no file of weights needs: refused, nothing"},
  {"call-offset", "x80 x02 N x30 @posix/system 'x' x85 R .", "GLOBAL (0x63) at byte 4"},
  {"call-in-weights", "x80 x02 } ( " GOOD "'x' @builtins/eval '1' x85 R u .", "'builtins.eval'"},
  {"stack-call", "x80 x04 'os' 'system' x93 'touch' x85 R .", "'os.system'"},
  {"stack-call-not-text", "x80 x04 1 'system' x93 .", "its name is not text"},
  {"memo-call", "x80 x04 'system' q x00 x30 'os' h x00 x93 .", "'os.system'"},
  {"load-bytes", "x80 x02 @torch.storage/_load_from_bytes C x00 x85 R .", "'torch.storage._load_from_bytes'"},
  {"getattr", "x80 x02 @builtins/getattr .", "'builtins.getattr'"},
  {"dotted", "x80 x04 'torch' '_utils._rebuild_tensor_v2' x93 .", "'torch._utils._rebuild_tensor_v2', which"},
  {"escapes", "x80 x04 'a' U x03 x1b [m x93 .", "'a.\\033[m'"},
  {"whole-model", "x80 x02 @torch.nn.modules.container/Sequential ) x81 .", "save model.state_dict() instead"},
  {"own-model", "x80 x02 @__main__/Net ) x81 .", "save model.state_dict() instead"},
  {"lambda", "x80 x02 @__main__/<lambda> .", "'__main__.<lambda>'"},
  {"name-of-two", "x80 x04 'collections' U x0d Counter x20 deque x93 .", "'collections.Counter deque'"},
  {"inside-inert", "x80 x04 'omegaconf' 'os.system' x93 .", "'omegaconf.os.system'"},
  {"like-inert", "x80 x02 @omegaconf_plugin/run .", "'omegaconf_plugin.run'"},
  {"part-of-name", "x80 x02 @torch/Siz .", "'torch.Siz'"},
  {"type", "x80 x02 @builtins/type .", "'builtins.type'"},
  {"sparse", "x80 x02 } ( 'w' @torch._utils/_rebuild_sparse_tensor ( 1 2 t R u .", "tensor 'w': it is a sparse tensor"},
  {"quantized", "x80 x02 } 'state_dict' } ( 'w' @torch._utils/_rebuild_qtensor ( 1 2 t R u s .",
      "tensor 'w': it is a quantized tensor, which is not read: save tensor.dequantize()"},
  {"meta", "x80 x02 } ( 'w' @torch._utils/_rebuild_meta_tensor_no_storage ( @torch/float32 ( 2 t ( 1 t x89 t R u .",
      "tensor 'w': it is a tensor of the 'meta' device"},
  {"subclass", "x80 x02 } ( 'w' @torch._tensor/_rebuild_from_type_v2 ( @torch._utils/_rebuild_tensor_v2 @my/Sub .",
      "'my.Sub', a tensor subclass"},
  {"torchao", "x80 x02 @torchao.dtypes/AffineQuantizedTensor .", "a quantized tensor"},
  {"arrays", "x80 x04 } ( 'w' @numpy._core.numeric/_frombuffer ( 1 t R u .", "no dict of tensors is in it (it holds "
      "NumPy arrays, which are not read: save tensors, by torch.save({k: torch.from_numpy(v)"},
  {"array-alone", "x80 x04 @numpy._core.numeric/_frombuffer ( 1 t R .", "it holds NumPy arrays, which are not read"},
  {"text-memo", "( d p", "PUT (0x70) at byte 2: a pickle of protocol 0, which is text"},
  {"text-string", "( S", "torch.save(torch.load(f), f)"},
  {"text-inst", "( i", "INST (0x69) at byte 1: no file of weights needs it"},
  {"dtype-missing", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v3 ( ( 'storage' @torch.storage/UntypedStorage '0' "
      "'cpu' 6 t Q 0 ( 6 t ( 1 t x89 N t R u .", "tensor 'w': nothing says which type"},
  {"dtype-other", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v3 ( ( 'storage' @torch.storage/UntypedStorage '0' "
      "'cpu' 6 t Q 0 ( 6 t ( 1 t x89 N @torch/Size t R u .", "tensor 'w': nothing says which type"},
  {"dtype-past", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v3 ( ( 'storage' @torch.storage/UntypedStorage '0' "
      "'cpu' 6 t Q 0 ( 4 t ( 1 t x89 N @torch/uint16 t R u .", "reach past the 3 values"},
  {"typed-typed", "x80 x02 @torch._tensor/_rebuild_from_type_v2 ( @torch._tensor/_rebuild_from_type_v2 @torch/Tensor "
      ") N t R .", "is not called with 4 arguments"},
  {"typed-short", "x80 x02 @torch._tensor/_rebuild_from_type_v2 ) R .", "is not called with 0 arguments"},
  {"new-named", "x80 x04 @argparse/Namespace ) 1 x92 .", "its named arguments are not a dict"},
  {"set-add-list", "x80 x04 ] ( 1 x90 .", "what it adds to is not a set"},
  {"frozen-no-mark", "x80 x04 x91 .", "FROZENSET"},
  {"dup-nothing", "x80 x02 x32 .", "DUP"},
  {"integer-line", "x80 x02 I x61 \n .", "INT (0x49) at byte 2: it is no whole number"},
  {"bytearray-huge", "x80 x05 x96 xff xff xff xff xff xff xff xff a", "BYTEARRAY8"},
  {"inst", "x80 x02 ( i", "INST (0x69) at byte 3: no file of weights needs it"},
  {"string", "x80 x02 S", "STRING (0x53) at byte 2"},
  {"ext", "x80 x02 x82 x01 .", "EXT1 (0x82)"},
  {"persid", "x80 x02 P", "PERSID (0x50)"},
  {"no-opcode", "x80 x02 xff .", "opcode (0xff) at byte 2"},
  {"protocol-6", "x80 x06 } .", "protocol 6; those up to 5"},
  {"empty", "", "ends at byte 0"},
  {"only-stop", "x80 x02 .", "STOP"},
  {"no-stop", "x80 x02 }", "without STOP"},
  {"frame", "x80 x04 x95 xff x00 x00 x00 x00 x00 x00 x00 } .", "FRAME"},
  {"pop-nothing", "x80 x02 x30", "POP"},
  {"no-mark", "x80 x02 t", "TUPLE (0x74) at byte 2: there is no mark"},
  {"below-mark", "x80 x02 ] ( 1 a .", "APPEND"},
  {"setitems-below-mark", "x80 x02 } ( ( 1 2 u .", "SETITEMS"},
  {"setitem-not-dict", "x80 x02 ] 1 2 s .", "not a dict"},
  {"append-not-list", "x80 x02 ) 1 a .", "not a list"},
  {"key-alone", "x80 x02 } ( 1 u .", "a key without a value"},
  {"memo-empty", "x80 x02 h x05 .", "place 5 of the memo"},
  {"memo-far", "x80 x02 } r xff xff xff xff .", "place 4294967295 of the memo is out of bounds"},
  {"call-not-class", "x80 x02 1 ) R .", "does not call a class with a tuple"},
  {"call-not-tuple", "x80 x02 @collections/OrderedDict ] R .", "does not call a class with a tuple"},
  {"call-storage", "x80 x02 @torch/FloatStorage ) R .", "'torch.FloatStorage' is not called with 0"},
  {"call-with-items", "x80 x02 @collections/OrderedDict ] x85 R .", "is not called with 1 arguments"},
  {"few-arguments", "x80 x02 @torch._utils/_rebuild_tensor_v2 ( 1 2 3 4 5 t R .", "with 5 arguments"},
  {"no-parameter", "x80 x02 @torch._utils/_rebuild_parameter ) R .", "with 0 arguments"},
  {"new-tensor", "x80 x02 @torch._utils/_rebuild_tensor_v2 ) x81 .", "not made in this way"},
  {"build-class", "x80 x02 @argparse/Namespace } b .", "BUILD"},
  {"id-not-storage", "x80 x02 'module' Q .", "not a storage of values"},
  {"id-short", "x80 x02 ( 'storage' @torch/FloatStorage '0' t Q .", "not a storage of values"},
  {"id-class", "x80 x02 ( 'storage' @torch/float32 '0' 'cpu' 1 t Q .", "not a storage of values"},
  {"long4-huge", "x80 x02 x8b xff xff xff x7f 1", "LONG4"},
  {"long4-negative", "x80 x02 x8b xff xff xff xff 1", "LONG4"},
  {"text-huge", "x80 x02 x8d xff xff xff xff xff xff xff xff a", "BINUNICODE8"},
  {"bytes-huge", "x80 x02 B xff xff xff xff a", "BINBYTES"},
  {"number", "x80 x02 7 .", "no dict of tensors"},
  {"object", "x80 x02 @argparse/Namespace ) x81 .", "no dict of tensors"},
  {"no-tensors", "x80 x02 } ( 'epoch' 1 'weights' } 5 7 u .", "its keys: 'epoch', 'weights', (not text)"},
  {"scalars", "x80 x02 } 'ema' } ( " TENSOR ("decay", "FloatStorage", "0", "1", "0", "", "") "u s .",
      "its keys: 'ema'"},
  {"two-dicts", "x80 x02 } ( 'a' } ( " GOOD "u 'b' } ( " GOOD "u u .", "its keys: 'a', 'b'"},
  {"two-in-tuple", "x80 x02 } ( " GOOD "u } ( " GOOD "u x86 .", "it holds no dict of tensors"},
  {"no-keys", "x80 x02 } .", "its keys: none"},
  {"many-keys", "x80 x02 } ( 'a' 1 'b' 1 'c' 1 'd' 1 'e' 1 'f' 1 'g' 1 'h' 1 'i' 1 'j' 1 u .", "'h' and 2 more"},
  {"too-deep", "x80 x02 } 'model' } 'model' } 'model' } ( " GOOD "u s s s .", "its keys: 'model'"},
  {"twice", "x80 x02 } ( " GOOD "'x' 1 " GOOD "u .", "tensor 'w': it is there twice"},
  {"name-number", "x80 x02 } ( 5 " REBUILD ("FloatStorage", "0", "6", "0", "2 3", "3 1") "u .", "tensor 0"},
  {"name-empty", "x80 x02 } ( " TENSOR ("", "FloatStorage", "0", "6", "0", "2 3", "3 1") "u .", "tensor 0"},
  {"name-control", "x80 x02 } ( U x02 a x07 " REBUILD ("FloatStorage", "0", "6", "0", "1", "1") "u .",
      "tensor 0"},
  {"name-nul", "x80 x02 } ( U x02 a x00 " REBUILD ("FloatStorage", "0", "6", "0", "1", "1") "u .", "tensor 0"},
  {"name-not-utf8", "x80 x02 } ( U x01 xff " REBUILD ("FloatStorage", "0", "6", "0", "1", "1") "u .",
      "tensor 0"},
  {"no-storage", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v2 ( 1 0 ( 1 t ( 1 t N N t R u .", "not in a storage"},
  {"key-control", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "\n", "6", "0", "2 3", "3 1") "u .", "the key"},
  {"count-negative", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "-1", "0", "2 3", "3 1") "u .", "-1"},
  {"count-overflow", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "9223372036854775807", "0", "2", "1")
      "u .", "9223372036854775807"},
  {"offset-negative", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "-1", "2 3", "3 1") "u .", "offset"},
  {"offset-text", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "'0'", "2 3", "3 1") "u .", "offset"},
  {"offset-outside", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "1", "2 3", "3 1") "u .", "reach past"},
  {"offset-outside-empty", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "7", "0", "1") "u .",
      "reach past"},
  {"offset-overflow", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "9223372036854775807", "2", "1")
      "u .", "reach past"},
  {"dims-negative", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "-2 -3", "3 1") "u .", "shape"},
  {"dims-list", "x80 x02 } ( 'w' @torch._utils/_rebuild_tensor_v2 ( ( 'storage' @torch/FloatStorage '0' 'cpu' 6 "
      "t Q 0 ] ) N N t R u .", "shape"},
  {"dims-seven", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "1 1 1 1 1 1 1", "1 1 1 1 1 1 1")
      "u .", "tensor 'w': its shape is not a tuple of at most 6"},
  {"dims-overflow", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "4294967296 4294967296", "0 0")
      "u .", "reach past"},
  {"dims-outside", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "2 4", "3 1") "u .", "reach past"},
  {"dims-repeat", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "2 6", "0 1") "u .", "tensor.clone()"},
  {"strides-fewer", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "2 3", "3") "u .", "strides"},
  {"strides-negative", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "5", "2 3", "-3 1") "u .", "strides"},
  {"strides-outside", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "2 3", "4 1") "u .", "reach past"},
  {"strides-overflow", "x80 x02 } ( " TENSOR ("w", "FloatStorage", "0", "6", "0", "3 1", "9223372036854775807 1")
      "u .", "reach past"},
};

static void
test_broken (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;

  assert_refused (read_program (broken[i].program, &error), &error, broken[i].says);
}

/* What Python would run on loading: here it must leave no trace, whichever way it asks. */
static void
test_nothing_is_run (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *trace = g_build_filename (dir, "trace", NULL);
  g_autofree char *old = g_strdup_printf ("cos\nsystem\n(S'touch %s'\ntR.", trace);
  g_autofree char *new = g_strdup_printf ("%s'touch\t%s' x85 R .", "x80 x04 'os' 'system' x93 ",
      trace);
  g_autofree char *inside = g_strdup_printf ("x80 x02 } ( %s'x' @os/system 'touch\t%s' x85 R u .",
      GOOD, trace);
  const char *programs[] = { new, inside };
  g_autoptr (GError) old_error = NULL;

  assert_refused (cnx_pickle_read ((const guint8 *) old, strlen (old), "'t.pth': its data.pkl",
          &old_error), &old_error, "it asks for 'os.system', which no file of weights needs");
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++) {
    g_autoptr (GError) error = NULL;

    assert_refused (read_program (programs[i], &error), &error, "nothing was run");
  }
  g_assert_false (g_file_test (trace, G_FILE_TEST_EXISTS));
}

/* Tuples of themselves twice, a hundred times over: 2^100 values for whoever follows them. */
static void
test_memo_bomb (void)
{
  g_autoptr (GByteArray) pickle = cnx_test_pickle ("x80 x02 } ( 'bomb' 1");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxStateDict) dict = NULL;

  for (int i = 0; i < 100; i++)
    cnx_test_pickle_add (pickle, "q x00 h x00 x86");
  cnx_test_pickle_add (pickle, GOOD "'shape' @torch._utils/_rebuild_parameter ( h x00 t R u .");
  dict = read_pickle (pickle, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnx_state_dict_n_tensors (dict), ==, 1);
}

/* @start, then @word @n times, then @end. */
static void
check_repeated (const char *start, const char *word, guint n, const char *end, const char *says)
{
  g_autoptr (GByteArray) pickle = cnx_test_pickle (start);
  g_autoptr (GByteArray) once = cnx_test_pickle (word);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++)
    g_byte_array_append (pickle, once->data, once->len);
  cnx_test_pickle_add (pickle, end);
  assert_refused (read_pickle (pickle, &error), &error, says);
}

static void
test_limits (void)
{
  g_autofree char *name = g_strnfill (513, 'n');
  g_autofree char *long_name = g_strdup_printf ("x80 x02 } ( '%s' %su .", name,
      REBUILD ("FloatStorage", "0", "6", "0", "1", "1"));
  g_autofree char *class = g_strnfill (257, 'c');
  g_autofree char *long_class = g_strdup_printf ("x80 x02 @os/%s .", class);
  g_autoptr (GError) name_error = NULL, class_error = NULL;

  assert_refused (read_program (long_name, &name_error), &name_error, "longer than 512 bytes");
  assert_refused (read_program (long_class, &class_error), &class_error, "longer than 256 bytes");
  check_repeated ("x80 x02", "N", 1024 * 1024 + 1, ".", "more than 1048576 values on the stack");
  check_repeated ("x80 x02", "(", 1024 * 1024 + 1, ".", "more than 1048576 marks");
  check_repeated ("x80 x02", ") x30", 4 * 1024 * 1024, ".", "more than 4194304 values");
  check_repeated ("x80 x02 ] (", "N N N N N N N N e (", 1024 * 1024, ".", "more than 8388608 items");
  check_repeated ("x80 x02 N", "x30 C x00", CNX_MAX_PICKLE / 3, ".", "at most 67108864 are read");
}

/* A hundred thousand tensors are read, in little time; one more is not. */
static void
test_many_tensors (void)
{
  for (guint more = 0; more < 2; more++) {
    g_autoptr (GByteArray) pickle = cnx_test_pickle ("x80 x02 } ( 'x' ( "
        REBUILD ("FloatStorage", "0", "6", "0", "1", "1") "q x00 t");
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxStateDict) dict = NULL;

    for (guint i = 0; i < 100000 + more; i++) {
      g_autofree char *entry = g_strdup_printf ("'w%u' h x00", i);

      cnx_test_pickle_add (pickle, entry);
    }
    cnx_test_pickle_add (pickle, "u .");
    dict = read_pickle (pickle, &error);
    if (more) {
      assert_refused (dict, &error, "more than 100000 tensors");
    } else {
      g_assert_no_error (error);
      g_assert_cmpuint (cnx_state_dict_n_tensors (dict), ==, 100000);
    }
  }
}

/* Dicts without a tensor, put aside, each with @entries. */
static void
add_long_dicts (GByteArray * pickle, guint count, guint entries)
{
  for (guint d = 0; d < count; d++) {
    g_autofree char *kept = g_strdup_printf ("u q x%02x x30", d);

    cnx_test_pickle_add (pickle, "} (");
    for (guint i = 0; i < entries; i++)
      cnx_test_pickle_add (pickle, "'k' N");
    cnx_test_pickle_add (pickle, kept);
  }
}

/* However often the same dicts are under however many keys, each is gone through about once. */
static void
test_steps (void)
{
  enum
  { LONG = 5000, KEYS = 450 };
  static const char *const rows[][2] = {
    {"'state_dict' } ( " GOOD "u ", "'k%u' h x%02x"}, {"", "'k%u' h x%02x"}, {"'ema' } ( 'model' h x00 'net' h x01 u ",
        "'net' h x01 'k%u' h x%02x"}, {"'model' } ( 'ema' } 'net' h x00 u ", "'model' h x01 'ema%u' h x%02x"},
  };

  for (guint row = 0; row < G_N_ELEMENTS (rows); row++) {
    g_autoptr (GByteArray) bytes = cnx_test_pickle ("x80 x02");
    g_autoptr (GArray) values = g_array_new (FALSE, TRUE, sizeof (CnxPickledValue));
    g_autoptr (GArray) cells = g_array_new (FALSE, TRUE, sizeof (CnxPickleCell));
    g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GError) error = NULL, none = NULL;
    gsize steps = 0;

    add_long_dicts (bytes, 2, LONG);
    cnx_test_pickle_add (bytes, "} (");
    cnx_test_pickle_add (bytes, rows[row][0]);
    for (guint i = 0; i < KEYS; i++) {
      g_autofree char *entry = g_strdup_printf (rows[row][1], i, i % 2);

      cnx_test_pickle_add (bytes, entry);
    }
    cnx_test_pickle_add (bytes, "u .");
    CnxPickle pickle = {.bytes = bytes->data,.length = bytes->len,.what = "it",.values = values,.cells = cells };
    g_assert_true (cnx_pickle_run (&pickle, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (cells->len, >, 4 * LONG);
    g_assert_cmpint (cnx_pickle_find_state_dict (&pickle, others, &steps, &none) != NULL, ==, row == 0);
    g_test_message ("%" G_GSIZE_FORMAT " steps for %u cells", steps, cells->len);
    g_assert_cmpuint (steps, <, 2 * cells->len);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pickle/good", test_good);
  g_test_add_func ("/pickle/storages", test_storages);
  for (gsize i = 0; i < G_N_ELEMENTS (holding); i++) {
    g_autofree char *name = g_strconcat ("/pickle/holding/", holding[i].what, NULL);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_holding);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *name = g_strconcat ("/pickle/broken/", broken[i].what, NULL);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_broken);
  }
  g_test_add_func ("/pickle/nothing-is-run", test_nothing_is_run);
  g_test_add_func ("/pickle/memo-bomb", test_memo_bomb);
  g_test_add_func ("/pickle/limits", test_limits);
  g_test_add_func ("/pickle/many-tensors", test_many_tensors);
  g_test_add_func ("/pickle/steps", test_steps);
  return g_test_run ();
}
