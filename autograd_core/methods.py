"""The methods, operators and properties of Tensor, attached by name from the functions of `ops`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retrograd.autograd_core import drawing, numpy_interop, ops
from retrograd.autograd_core.layouts import strided
from retrograd.autograd_core.members import Members
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops import indexing, rearranging, shape
from retrograd.autograd_core.ops.casting import contiguous
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.views import become, in_place

# Functions whose first argument is the tensor: x.sum(0) is sum(x, 0).
METHODS = """
abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all allclose amax amin aminmax
any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argwhere asin asinh
atan atan2 atanh baddbmm bincount bitwise_and bitwise_not bitwise_or bitwise_xor bmm
broadcast_to ceil cholesky_solve chunk clamp clamp_max clamp_min clip clone copysign corrcoef cos
cosh count_nonzero cov cross cummax cummin cumprod cumsum deg2rad det diag diag_embed diagflat
diagonal diagonal_scatter diff digamma dist div divide dot dsplit eq equal erf erfc erfinv exp exp2
expm1 fix flatten fliplr flipud float_power floor floor_divide fmax fmin fmod frac frexp gather ge
ger greater greater_equal gt hardshrink heaviside histc hsplit hypot index_add index_copy
index_fill index_put index_reduce index_select inner inverse isclose isfinite isinf isnan isneginf
isposinf kron kthvalue ldexp le lerp less less_equal lgamma log log10 log1p log2 log_softmax
logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or logical_xor logit
logsumexp lt masked_fill masked_scatter masked_select matmul matrix_power max maximum mean median
min minimum mm mode moveaxis movedim msort mul multiply mv mvlgamma nan_to_num nanmean
nanmedian nanquantile nansum narrow ne neg negative nextafter nonzero norm not_equal outer pinverse
polygamma positive pow prelu prod put quantile rad2deg ravel reciprocal relu remainder renorm
repeat_interleave roll rot90 round rsqrt scatter scatter_add scatter_reduce select select_scatter
sgn sigmoid sign signbit sin sinc sinh slice_scatter slogdet softmax sort split split_with_sizes
sqrt square squeeze std sub subtract sum swapaxes swapdims t take take_along_dim tan tanh
tensor_split topk trace transpose trapezoid tril triu true_divide trunc unbind unflatten unique
unique_consecutive unsqueeze var vdot vsplit xlogy
""".split()

# The same for functions that take a sequence of ints, which as a method may come one by one:
# x.permute(1, 0) is permute(x, (1, 0)).
WITH_INTS = "flip permute reshape tile".split()

# Those of them with a form that writes the result into the tensor: x.add_(y).
IN_PLACE = """
abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin arcsinh
arctan arctan2 arctanh asin asinh atan atan2 atanh baddbmm bitwise_and bitwise_not bitwise_or
bitwise_xor ceil clamp clamp_max clamp_min clip copysign cos cosh cumprod cumsum deg2rad digamma
div divide eq erf erfc erfinv exp exp2 expm1 fix float_power floor floor_divide fmod frac ge
greater greater_equal gt heaviside hypot index_add index_copy index_fill index_put index_reduce
ldexp le lerp less less_equal lgamma log log10 log1p log2 logical_and logical_not logical_or
logical_xor logit lt masked_fill masked_scatter mul multiply mvlgamma nan_to_num ne neg negative
nextafter not_equal polygamma pow put rad2deg reciprocal relu remainder renorm round rsqrt scatter
scatter_add scatter_reduce sgn sigmoid sign sin sinc sinh sqrt square sub subtract tan tanh tril
triu true_divide trunc xlogy
""".split()

# Those whose result is a view: in place they change how the tensor looks at its memory.
RESHAPING = "squeeze swapaxes swapdims t transpose unsqueeze".split()

# Methods that are functions of other modules, under their own names.
OTHERS: dict[str, Callable[..., Any]] = {
    name: getattr(module, name)
    for module, names in {
        shape: "expand expand_as reshape_as sum_to_size view view_as",
        drawing: "bernoulli multinomial bernoulli_ cauchy_ exponential_ geometric_ log_normal_ "
        "normal_ random_ uniform_",
        rearranging: "unfold",
        indexing: "__contains__ __getitem__ __setitem__ fill_diagonal_",
        numpy_interop: "__array_function__ __array_ufunc__ __dlpack__ __dlpack_device__",
    }.items()
    for name in names.split()
}

# Operators as the functions that compute them: an Op by its class name where it has no frills.
OPERATORS = {
    "__add__": "Add", "__radd__": "Add", "__sub__": "Sub", "__mul__": "Mul", "__rmul__": "Mul",
    "__truediv__": "Div", "__floordiv__": "FloorDivide", "__mod__": "Remainder", "__pow__": "Pow",
    "__matmul__": "matmul", "__and__": "BitwiseAnd", "__rand__": "BitwiseAnd",
    "__or__": "BitwiseOr", "__ror__": "BitwiseOr", "__xor__": "BitwiseXor",
    "__rxor__": "BitwiseXor", "__neg__": "Neg", "__abs__": "abs", "__pos__": "positive",
    "__invert__": "BitwiseNot", "__lt__": "Lt", "__le__": "Le", "__gt__": "Gt", "__ge__": "Ge",
}  # fmt: skip
REFLECTED = {
    "__rsub__": "Sub", "__rtruediv__": "Div", "__rfloordiv__": "FloorDivide",
    "__rmod__": "Remainder", "__rpow__": "Pow", "__rmatmul__": "matmul",
}  # fmt: skip
EQUALITY = {"__eq__": "Eq", "__ne__": "Ne"}
IN_PLACE_OPERATORS = {
    "__iadd__": "Add", "__isub__": "Sub", "__imul__": "Mul", "__itruediv__": "Div",
    "__ifloordiv__": "FloorDivide", "__imod__": "Remainder", "__ipow__": "Pow",
    "__iand__": "BitwiseAnd", "__ior__": "BitwiseOr", "__ixor__": "BitwiseXor",
}  # fmt: skip

ALIASES = {"ndimension": "dim", "nelement": "numel", "__str__": "__repr__"}
PROPERTIES = {
    "T": shape.reversed_dims,
    "mT": shape.matrix_transpose,
    "H": shape.t,
    "mH": shape.matrix_transpose,
    "layout": lambda self: strided,
}


def _function(name: str) -> Callable[..., Any]:
    """A function of `ops`, or that of an Op class."""
    return getattr(ops, name) if name[0].islower() else Op.registry[name].function


def _with_ints(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Tensor, *ints: Any, **kwargs: Any) -> Any:
        if ints and not isinstance(ints[0], (tuple, list)):
            ints = (ints,)
        return function(self, *ints, **kwargs)

    method.__name__, method.__doc__ = function.__name__, function.__doc__
    return method


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return method


def _or_not_implemented(function: Callable[..., Any]) -> Callable[..., Any]:
    """For == and !=, which answer for any operand: what is no tensor is left to Python."""

    def method(self: Tensor, other: Any) -> Any:
        try:
            return function(self, other)
        except TypeError:
            return NotImplemented

    return method


def _reshaping(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return become(self, lambda old: function(old, *args, **kwargs), f"{function.__name__}_()")

    method.__doc__ = f"In-place version of `{function.__name__}`."
    return method


def where(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The elements where `condition` holds, those of `other` elsewhere.

    Examples
    --------
    >>> x = rg.tensor([1.0, -2.0])
    >>> x.where(x > 0, 0.0)
    tensor([1., 0.])
    """
    return ops.where(condition, self, other)


def attach() -> None:
    """Give Tensor everything that is named above."""
    for name, item in vars(Members).items():
        if callable(item):
            setattr(Tensor, name, item)
    for name in METHODS:
        setattr(Tensor, name, _function(name))
    for name in WITH_INTS:
        setattr(Tensor, name, _with_ints(_function(name)))
    for name in IN_PLACE:
        setattr(Tensor, f"{name}_", in_place(_function(name), f"{name}_"))
    for name in RESHAPING:
        setattr(Tensor, f"{name}_", _reshaping(_function(name)))
    for name, function in OTHERS.items():
        setattr(Tensor, name, function)
    for name, source in OPERATORS.items():
        setattr(Tensor, name, _function(source))
    for name, source in REFLECTED.items():
        setattr(Tensor, name, _reflected(_function(source)))
    for name, source in EQUALITY.items():
        setattr(Tensor, name, _or_not_implemented(_function(source)))
    for name, source in IN_PLACE_OPERATORS.items():
        setattr(Tensor, name, in_place(_function(source), name))
    for name, function in PROPERTIES.items():
        setattr(Tensor, name, property(function))
    for name, other in ALIASES.items():
        setattr(Tensor, name, getattr(Tensor, other))
    Tensor.repeat = _with_ints(rearranging.repeat)  # type: ignore[attr-defined]
    Tensor.where = where  # type: ignore[attr-defined]
    Tensor.contiguous = contiguous  # type: ignore[attr-defined]


attach()
