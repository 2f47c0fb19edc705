/*
 * torch_table.c: the globals that a tensor needs. Source: torch/_utils.py and
 * torch/_weights_only_unpickler.py of PyTorch 2.
 */
#include "format/torch_parts.h"

#define SPARSE                                                                 \
    "a sparse or nested tensor, which elman does not read; save it with "      \
    "to_dense()"
#define QUANTIZED                                                              \
    "a tensor of 2 or 4 bits, which elman does not read; save the "            \
    "state_dict() of the model before it was quantized"
#define EMPTY                                                                  \
    "a tensor on the meta device, which has no numbers; save a model that "    \
    "has weights"
#define WRAPPER                                                                \
    "a tensor of a class that keeps its numbers elsewhere; save a plain "      \
    "tensor in its place"
#define COMPLEX "a tensor of complex numbers, which elman does not read"
#define EIGHT                                                                  \
    "a tensor of 8-bit floats, which elman does not read; save it with "       \
    "float()"

#define JOBLIB                                                                 \
    "arrays as joblib keeps them, which elman does not read; save them with "  \
    "numpy.savez"

#define ROW(m, n, w, t)                                                        \
    {                                                                          \
        .module = (m), .name = (n), .what = (w), .type = (t)                   \
    }
#define REFUSED(m, n, r)                                                       \
    {                                                                          \
        .module = (m), .name = (n), .refusal = (r), .what = TORCH_UNREAD       \
    }

static const pickle_row rows[] = {
    {.module = "collections", .name = "OrderedDict", .dict = true},
    {.module = "collections", .name = "defaultdict", .dict = true},
    ROW("torch", "Tensor", TORCH_IGNORED, 0),
    ROW("torch.nn.parameter", "Parameter", TORCH_IGNORED, 0),
    ROW("torch.nn.parameter", "Buffer", TORCH_IGNORED, 0),
    ROW("torch", "Size", TORCH_SIZE, 0),
    ROW("torch._utils", "_rebuild_tensor", TORCH_TENSOR, 0),
    ROW("torch._utils", "_rebuild_tensor_v2", TORCH_TENSOR, 0),
    ROW("torch._utils", "_rebuild_tensor_v3", TORCH_TENSOR_TYPED, 0),
    ROW("torch._utils", "_rebuild_parameter", TORCH_PARAMETER, 0),
    ROW("torch._utils", "_rebuild_parameter_with_state", TORCH_PARAMETER, 0),
    ROW("torch._utils", "_rebuild_device_tensor_from_numpy", TORCH_PARAMETER,
        0),
    ROW("torch._utils", "_rebuild_device_tensor_from_cpu_tensor",
        TORCH_PARAMETER, 0),
    ROW("torch._tensor", "_rebuild_from_type_v2", TORCH_AS_CLASS, 0),
    ROW("torch", "FloatStorage", TORCH_STORAGE, ELEMENT_F32),
    ROW("torch", "DoubleStorage", TORCH_STORAGE, ELEMENT_F64),
    ROW("torch", "HalfStorage", TORCH_STORAGE, ELEMENT_F16),
    ROW("torch", "BFloat16Storage", TORCH_STORAGE, ELEMENT_BF16),
    ROW("torch", "LongStorage", TORCH_STORAGE, ELEMENT_I64),
    ROW("torch", "IntStorage", TORCH_STORAGE, ELEMENT_I32),
    ROW("torch", "ShortStorage", TORCH_STORAGE, ELEMENT_I16),
    ROW("torch", "CharStorage", TORCH_STORAGE, ELEMENT_I8),
    ROW("torch", "ByteStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch", "BoolStorage", TORCH_STORAGE, ELEMENT_BOOL),
    ROW("torch", "UntypedStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch.storage", "UntypedStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch.storage", "_UntypedStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch", "float32", TORCH_DTYPE, ELEMENT_F32),
    ROW("torch", "float64", TORCH_DTYPE, ELEMENT_F64),
    ROW("torch", "float16", TORCH_DTYPE, ELEMENT_F16),
    ROW("torch", "bfloat16", TORCH_DTYPE, ELEMENT_BF16),
    ROW("torch", "int64", TORCH_DTYPE, ELEMENT_I64),
    ROW("torch", "int32", TORCH_DTYPE, ELEMENT_I32),
    ROW("torch", "int16", TORCH_DTYPE, ELEMENT_I16),
    ROW("torch", "int8", TORCH_DTYPE, ELEMENT_I8),
    ROW("torch", "uint64", TORCH_DTYPE, ELEMENT_U64),
    ROW("torch", "uint32", TORCH_DTYPE, ELEMENT_U32),
    ROW("torch", "uint16", TORCH_DTYPE, ELEMENT_U16),
    ROW("torch", "uint8", TORCH_DTYPE, ELEMENT_U8),
    ROW("torch", "bool", TORCH_DTYPE, ELEMENT_BOOL),
    ROW("torch._utils", "_rebuild_qtensor", TORCH_QUANTIZED, 0),
    ROW("torch", "QInt8Storage", TORCH_STORAGE, ELEMENT_I8),
    ROW("torch", "QUInt8Storage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch", "QInt32Storage", TORCH_STORAGE, ELEMENT_I32),
    ROW("torch", "qint8", TORCH_IGNORED, 0),
    ROW("torch", "quint8", TORCH_IGNORED, 0),
    ROW("torch", "qint32", TORCH_IGNORED, 0),
    ROW("torch", "per_tensor_affine", TORCH_SCHEME, 0),
    ROW("torch", "per_tensor_symmetric", TORCH_SCHEME, 0),
    ROW("torch", "per_channel_affine", TORCH_SCHEME, 1),
    ROW("torch", "per_channel_symmetric", TORCH_SCHEME, 1),
    ROW("torch", "per_channel_affine_float_qparams", TORCH_SCHEME, 1),
    ROW("torch", "ScriptObject", TORCH_PACKED, 0),
    ROW("torch.storage", "_load_from_bytes", TORCH_LOADED, 0),
    ROW("numpy.core.multiarray", "_reconstruct", TORCH_ARRAY, 0),
    ROW("numpy._core.multiarray", "_reconstruct", TORCH_ARRAY, 0),
    ROW("numpy.core.numeric", "_frombuffer", TORCH_BUFFER, 0),
    ROW("numpy._core.numeric", "_frombuffer", TORCH_BUFFER, 0),
    ROW("numpy", "ndarray", TORCH_IGNORED, 0),
    ROW("numpy", "dtype", TORCH_ARRAY_TYPE, 0),
    ROW("_codecs", "encode", TORCH_ENCODED, 0),
    ROW("__builtin__", "bytes", TORCH_ENCODED, 0),
    ROW("builtins", "bytes", TORCH_ENCODED, 0),
    {.module = "joblib.numpy_pickle",
     .name = "NumpyArrayWrapper",
     .refusal = JOBLIB,
     .stops = true},
    REFUSED("torch._utils", "_rebuild_sparse_tensor", SPARSE),
    REFUSED("torch._utils", "_rebuild_sparse_csr_tensor", SPARSE),
    REFUSED("torch._utils", "_rebuild_nested_tensor", SPARSE),
    REFUSED("torch", "QUInt4x2Storage", QUANTIZED),
    REFUSED("torch", "QUInt2x4Storage", QUANTIZED),
    REFUSED("torch._utils", "_rebuild_meta_tensor_no_storage", EMPTY),
    REFUSED("torch._utils", "_rebuild_wrapper_subclass", WRAPPER),
    REFUSED("torch", "ComplexFloatStorage", COMPLEX),
    REFUSED("torch", "ComplexDoubleStorage", COMPLEX),
    REFUSED("torch", "complex64", COMPLEX),
    REFUSED("torch", "complex128", COMPLEX),
    REFUSED("torch", "float8_e4m3fn", EIGHT),
    REFUSED("torch", "float8_e5m2", EIGHT),
};

const pickle_table torch_table = {
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .advice = "do not load this file elsewhere; ask for the state_dict() "
              "alone, as torch.save or safetensors writes it"};
