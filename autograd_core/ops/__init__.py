"""The operations, one module per family; a family is loaded when a name of it is first used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

# Where each public function is.
FAMILIES = {
    "activations": (
        "celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid prelu relu "
        "relu6 selu softplus softshrink softsign tanhshrink threshold"
    ),
    "adaptive_pool": (
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d "
        "adaptive_max_pool2d adaptive_max_pool3d"
    ),
    "arithmetic": (
        "add addcdiv addcmul div divide float_power floor_divide fmod lerp mul multiply neg "
        "negative pow remainder rsub sub subtract true_divide"
    ),
    "binary": (
        "arctan2 atan2 copysign fmax fmin hypot ldexp logaddexp logaddexp2 maximum minimum "
        "nextafter xlogy"
    ),
    "bits": (
        "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm"
    ),
    "casting": "clone",
    "comparison": (
        "allclose eq equal ge greater greater_equal gt heaviside isclose isfinite isin isinf isnan "
        "isneginf isposinf isreal le less less_equal logical_and logical_not logical_or logical_xor "
        "lt ne not_equal signbit where"
    ),
    "contraction": (
        "bilinear chain_matmul cross einsum inner kron multi_dot tensordot vecdot vector_cross"
    ),
    "conv": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "counting": "bincount bucketize histc searchsorted unique unique_consecutive",
    "diagonals": "block_diag diag diag_embed diagflat diagonal diagonal_scatter tril triu",
    "differences": "cumulative_trapezoid diff gradient trapezoid trapz",
    "distances": "cdist cosine_similarity pairwise_distance pdist",
    "elementwise": (
        "abs absolute exp exp2 expm1 log log10 log1p log2 logit positive reciprocal rsqrt sgn "
        "sigmoid sign sqrt square"
    ),
    "extrema": "amax amin aminmax argmax argmin max min",
    "filling": "fill masked_fill",
    "gates": "gelu glu mish silu",
    "gathering": "gather scatter scatter_add scatter_reduce take_along_dim",
    "joining": (
        "cat chunk column_stack concat concatenate dsplit dstack hsplit hstack row_stack split "
        "split_with_sizes stack tensor_split unbind vsplit vstack"
    ),
    "linalg": (
        "LinAlgError cholesky cholesky_solve det eigh eigvalsh inv inverse logdet matrix_norm "
        "matrix_power pinv pinverse qr slogdet solve solve_triangular svd svdvals trace vander "
        "vector_norm"
    ),
    "matmul": "addbmm addmm addmv addr baddbmm bmm dot ger linear matmul mm mv outer vdot",
    "matrix_functions": "cond lstsq matrix_exp matrix_rank",
    "normalization": "batch_norm group_norm instance_norm layer_norm local_response_norm rms_norm",
    "order": "argsort kthvalue median mode msort nanmedian nanquantile quantile sort topk",
    "pool": (
        "avg_pool1d avg_pool2d avg_pool3d lp_pool1d lp_pool2d lp_pool3d max_pool1d "
        "max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d "
        "max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d"
    ),
    "rearranging": (
        "cartesian_prod combinations flip fliplr flipud meshgrid narrow repeat_interleave roll "
        "rot90 select tile"
    ),
    "recurrent": "gru_cell lstm_cell",
    "reduction": "all any count_nonzero mean nanmean nansum sum",
    "rounding": "ceil clamp clamp_max clamp_min clip fix floor frac frexp nan_to_num round trunc",
    "scans": "cummax cummin cumprod cumsum logcumsumexp prod",
    "selecting": (
        "argwhere index_add index_copy index_fill index_put index_reduce index_select "
        "masked_scatter masked_select nonzero put select_scatter slice_scatter take "
        "unravel_index"
    ),
    "shape": (
        "atleast_1d atleast_2d atleast_3d broadcast_shapes broadcast_tensors broadcast_to flatten "
        "moveaxis movedim permute ravel reshape squeeze swapaxes swapdims t transpose unflatten "
        "unsqueeze"
    ),
    "softmax": "log_softmax logsumexp softmax softmin",
    "special": (
        "beta betaln digamma entr erf erfc erfcx erfinv lgamma log_ndtr mvlgamma ndtr ndtri polygamma "
        "xlog1py"
    ),
    "statistics": "corrcoef cov dist norm renorm std std_mean var var_mean",
    "trigonometry": (
        "acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh cos cosh "
        "deg2rad rad2deg sin sinc sinh tan tanh"
    ),
}
FAMILY = {name: family for family, names in FAMILIES.items() for name in names.split()}


def find(name: str) -> Callable[..., Any]:
    """The function `name`, from the module of its family."""
    return getattr(import_module(f"{__name__}.{FAMILY[name]}"), name)


def load_all() -> None:
    """Load every family, so that `Op.registry` is complete."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
