"""Reverse-mode autodiff and neural networks with PyTorch's API, on NumPy or CuPy.

Importing loads the engine; everything else is loaded when it is first used. `__init__.pyi` says to
readers, editors and type checkers where each name comes from.
"""

from importlib import import_module
from math import e, inf, nan, pi
from typing import Any

from retrograd._version import __version__
from retrograd.autograd_core import ops as _ops
from retrograd.autograd_core.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from retrograd.autograd_core.tensor import Size, Tensor
from retrograd.backends.device import device, get_default_device, set_default_device
from retrograd.backends.dtypes import bool_ as bool
from retrograd.backends.dtypes import (
    can_cast,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
)

# Where the packages lie whose names would be in the way here.
__path__.append(f"{__path__[0]}/torch_paths")

# PyTorch's other names of the types.
half, float, double = float16, float32, float64
short, int, long = int16, int32, int64

newaxis = None

_MODULES = {
    name: f"retrograd.{name}"
    for name in (
        "accelerator amp autograd cuda data func interop linalg models nn optim special testing utils "
        "version viz"
    ).split()
}
_MODULES["random"] = "retrograd.autograd_core.random_state"

# Where the names are that are neither modules nor operations.
_HOMES = {
    "amp": "autocast is_autocast_enabled",
    "autograd_core.anomaly": "is_anomaly_check_nan_enabled is_anomaly_enabled",
    "autograd_core.creation": (
        "arange as_tensor empty empty_like eye from_numpy full full_like linspace logspace ones "
        "ones_like scalar_tensor tensor tril_indices triu_indices zeros zeros_like"
    ),
    "autograd_core.drawing": (
        "bernoulli multinomial normal rand rand_like randint randint_like randn randn_like randperm"
    ),
    "autograd_core.layouts": (
        "channels_last channels_last_3d contiguous_format layout memory_format preserve_format "
        "strided"
    ),
    "autograd_core.legacy": (
        "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor "
        "LongTensor ShortTensor"
    ),
    "autograd_core.numpy_interop": "from_dlpack",
    "autograd_core.ops.older_linalg": "cholesky cholesky_inverse qr svd",
    "autograd_core.printing": "set_printoptions",
    "autograd_core.queries": (
        "is_complex is_floating_point is_nonzero is_same_size is_tensor numel result_type zero_"
    ),
    "autograd_core.random_state": "get_rng_state set_rng_state",
    "autograd_core.switches": (
        "are_deterministic_algorithms_enabled get_float32_matmul_precision "
        "set_float32_matmul_precision use_deterministic_algorithms"
    ),
    "backends.config": "show_config",
    "backends.limits": "finfo iinfo",
    "backends.random": "Generator default_generator initial_seed manual_seed seed",
    "backends.threads": (
        "get_num_interop_threads get_num_threads set_num_interop_threads set_num_threads"
    ),
    "interop": "load save",
    "nn.compiled": "compile",
    "nn.functional": (
        "alpha_dropout channel_shuffle cosine_similarity dropout embedding feature_alpha_dropout "
        "celu_ pairwise_distance pdist pixel_shuffle pixel_unshuffle relu_ rrelu rrelu_ selu_ "
        "threshold_"
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


# So quick that to look for other names of arguments would cost them time: as functions of the
# package they do (`x` for `input`), as methods not.
_SPELLED_HERE = frozenset(
    (
        "clone empty_like flatten full_like is_complex is_floating_point is_nonzero is_same_size numel "
        "ones_like permute prelu ravel relu reshape result_type rrelu swapaxes swapdims t transpose "
        "zeros_like"
    ).split()
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value = import_module(_MODULES[name])
    elif name in _HOME:
        value = getattr(import_module(f"retrograd.{_HOME[name]}"), name)
    elif name in _ops.FAMILY and name in __all__:
        value = _ops.find(name)
    else:
        raise AttributeError(import_module("retrograd._left_out").message(name))
    if name in _SPELLED_HERE:
        value = import_module("retrograd.autograd_core.ops.public").public(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# fmt: off
__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "Generator",
    "HalfTensor", "IntTensor", "LongTensor", "ShortTensor", "Size", "Tensor", "__version__", "abs",
    "absolute", "accelerator", "acos", "acosh", "adaptive_avg_pool1d", "add", "addbmm", "addcdiv",
    "addcmul", "addmm", "addmv", "addr", "all", "allclose", "alpha_dropout", "amax", "amin",
    "aminmax", "amp", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan",
    "arctan2", "arctanh", "are_deterministic_algorithms_enabled", "argmax", "argmin", "argsort",
    "argwhere", "as_tensor", "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d",
    "atleast_3d", "autocast", "autograd", "avg_pool1d", "baddbmm", "batch_norm", "bernoulli",
    "bilinear", "bincount", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "block_diag", "bmm", "bool", "broadcast_shapes",
    "broadcast_tensors", "broadcast_to", "bucketize", "can_cast", "cartesian_prod", "cat", "cdist",
    "ceil", "celu", "celu_", "chain_matmul", "channel_shuffle", "channels_last", "channels_last_3d",
    "cholesky", "cholesky_inverse", "cholesky_solve", "chunk", "clamp", "clamp_max", "clamp_min",
    "clip", "clone", "column_stack", "combinations", "compile", "concat", "concatenate",
    "contiguous_format", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "copysign", "corrcoef", "cos", "cosh", "cosine_similarity", "count_nonzero",
    "cov", "cross", "cuda", "cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid", "data",
    "default_generator", "deg2rad", "det", "device", "diag", "diag_embed", "diagflat", "diagonal",
    "diagonal_scatter", "diff", "digamma", "dist", "div", "divide", "dot", "double", "dropout",
    "dsplit", "dstack", "dtype", "e", "einsum", "embedding", "empty", "empty_like", "enable_grad",
    "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "eye", "feature_alpha_dropout",
    "fill", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32",
    "float64", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp",
    "from_dlpack", "from_numpy", "full", "full_like", "func", "gather", "gcd", "ge", "ger",
    "get_default_device", "get_default_dtype", "get_float32_matmul_precision",
    "get_num_interop_threads", "get_num_threads", "get_rng_state", "gradient", "greater",
    "greater_equal", "group_norm", "gt", "half", "hardshrink", "heaviside", "histc", "hsplit",
    "hstack", "hypot", "iinfo", "index_add", "index_copy", "index_fill", "index_put",
    "index_reduce", "index_select", "inf", "inference_mode", "initial_seed", "inner",
    "instance_norm", "int", "int16", "int32", "int64", "int8", "interop", "inverse",
    "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_autocast_enabled", "is_complex",
    "is_floating_point", "is_grad_enabled", "is_inference_mode_enabled", "is_nonzero",
    "is_same_size", "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "kron", "kthvalue", "layer_norm", "layout", "lcm", "ldexp", "le", "lerp",
    "less", "less_equal", "lgamma", "linalg", "linspace", "load", "log", "log10", "log1p", "log2",
    "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp", "logdet", "logical_and",
    "logical_not", "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "long", "lt",
    "manual_seed", "masked_fill", "masked_scatter", "masked_select", "matmul", "matrix_exp",
    "matrix_power", "max", "max_pool1d", "max_pool2d", "max_pool3d", "maximum", "mean", "median",
    "memory_format", "meshgrid", "min", "minimum", "mm", "mode", "models", "moveaxis", "movedim",
    "msort", "mul", "multinomial", "multiply", "mv", "mvlgamma", "nan", "nan_to_num", "nanmean",
    "nanmedian", "nanquantile", "nansum", "narrow", "ne", "neg", "negative", "newaxis", "nextafter",
    "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "ones", "ones_like",
    "optim", "outer", "pairwise_distance", "pdist", "permute", "pi", "pinverse", "pixel_shuffle",
    "pixel_unshuffle", "polygamma", "positive", "pow", "prelu", "preserve_format", "prod",
    "promote_types", "put", "qr", "quantile", "rad2deg", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "random", "randperm", "ravel", "reciprocal", "relu",
    "relu_", "remainder", "renorm", "repeat_interleave", "reshape", "result_type", "rms_norm",
    "roll", "rot90", "round", "row_stack", "rrelu", "rrelu_", "rsqrt", "rsub", "save",
    "scalar_tensor", "scatter", "scatter_add", "scatter_reduce", "searchsorted", "seed", "select",
    "select_scatter", "selu", "selu_", "set_default_device", "set_default_dtype",
    "set_float32_matmul_precision", "set_grad_enabled", "set_num_interop_threads",
    "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short", "show_config",
    "sigmoid", "sign", "signbit", "sin", "sinc", "sinh", "slice_scatter", "slogdet", "softmax",
    "sort", "special", "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack", "std",
    "std_mean", "strided", "sub", "subtract", "sum", "svd", "swapaxes", "swapdims", "t", "take",
    "take_along_dim", "tan", "tanh", "tensor", "tensor_split", "tensordot", "testing", "threshold",
    "threshold_", "tile", "topk", "trace", "transpose", "trapezoid", "trapz", "tril",
    "tril_indices", "triu", "triu_indices", "true_divide", "trunc", "uint8", "unbind", "unflatten",
    "unique", "unique_consecutive", "unravel_index", "unsqueeze", "use_deterministic_algorithms",
    "utils", "var", "var_mean", "vdot", "version", "viz", "vsplit", "vstack", "where", "xlogy",
    "zero_", "zeros", "zeros_like",
]
# fmt: on
