"""The methods, operators and properties of Tensor, by the names of the functions that they are."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import Any

from retrograd.autograd_core import ops
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.views import become, in_place

# Functions whose first argument is the tensor: x.sum(0) is sum(x, 0).
METHODS = """
abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all allclose amax amin aminmax
any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argwhere asin asinh
atan atan2 atanh baddbmm bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or
bitwise_right_shift bitwise_xor bmm broadcast_to ceil cholesky_solve chunk clamp clamp_max clamp_min
clip clone copysign corrcoef cos cosh count_nonzero cov cross cummax cummin cumprod cumsum deg2rad
det diag diag_embed diagflat diagonal diagonal_scatter diff digamma dist div divide dot dsplit eq
equal erf erfc erfinv exp exp2 expm1 fix flatten fliplr flipud float_power floor floor_divide fmax
fmin fmod frac frexp gather gcd ge ger greater greater_equal gt hardshrink heaviside histc hsplit
hypot index_add index_copy index_fill index_put index_reduce index_select inner inverse isclose
isfinite isinf isnan isneginf isposinf isreal kron kthvalue lcm ldexp le lerp less less_equal lgamma
log log10 log1p log2 log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not
logical_or logical_xor logit logsumexp lt masked_fill masked_scatter masked_select matmul matrix_exp
matrix_power max maximum mean median min minimum mm mode moveaxis movedim msort mul multiply mv
mvlgamma nan_to_num nanmean nanmedian nanquantile nansum narrow ne neg negative nextafter nonzero
norm not_equal outer pinverse polygamma positive pow prelu prod put quantile rad2deg ravel
reciprocal relu remainder renorm repeat_interleave roll rot90 round rsqrt scatter scatter_add
scatter_reduce select select_scatter sgn sigmoid sign signbit sin sinc sinh slice_scatter slogdet
softmax sort split split_with_sizes sqrt square squeeze std sub subtract sum swapaxes swapdims t
take take_along_dim tan tanh tensor_split topk trace transpose trapezoid tril triu true_divide trunc
unbind unflatten unique unique_consecutive unsqueeze var vdot vsplit xlogy
""".split()

# The same for functions that take a sequence of ints, which as a method may come one by one:
# x.permute(1, 0) is permute(x, (1, 0)).
WITH_INTS = "flip permute reshape tile".split()

# Those of them with a form that writes the result into the tensor: x.add_(y).
IN_PLACE = """
abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin arcsinh
arctan arctan2 arctanh asin asinh atan atan2 atanh baddbmm bitwise_and bitwise_left_shift
bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max clamp_min clip copysign
cos cosh cumprod cumsum deg2rad digamma div divide eq erf erfc erfinv exp exp2 expm1 fix float_power
floor floor_divide fmod frac gcd ge greater greater_equal gt heaviside hypot index_add index_copy
index_fill index_put index_reduce lcm ldexp le lerp less less_equal lgamma log log10 log1p log2
logical_and logical_not logical_or logical_xor logit lt masked_fill masked_scatter mul multiply
mvlgamma nan_to_num ne neg negative nextafter not_equal polygamma pow put rad2deg reciprocal relu
remainder renorm round rsqrt scatter scatter_add scatter_reduce sgn sigmoid sign sin sinc sinh sqrt
square sub subtract tan tanh tril triu true_divide trunc xlogy
""".split()

# Those whose result is a view: in place they change how the tensor looks at its memory.
RESHAPING = "squeeze swapaxes swapdims t transpose unsqueeze".split()

# Methods that are functions of other modules, under their own names.
OTHERS = {
    "drawing": "bernoulli multinomial bernoulli_ cauchy_ exponential_ geometric_ log_normal_ "
    "normal_ random_ uniform_",
    "numpy_interop": "__array_function__ __array_ufunc__ __dlpack__ __dlpack_device__",
    "ops.casting": "contiguous",
    "ops.indexing": "__contains__ __getitem__ __setitem__ fill_diagonal_",
    "ops.older_linalg": "cholesky cholesky_inverse qr svd",
    "ops.rearranging": "unfold",
    "ops.shape": "expand expand_as reshape_as sum_to_size view view_as",
}

# Methods that are no functions: those of `members.Members`.
MEMBERS = """
__format__ __repr__ apply_ backward bool byte char copy_ cpu cuda data_ptr dim double element_size
fill_ float get_device half index int is_complex is_contiguous is_floating_point is_nonzero
is_pinned is_same_size is_signed layout long new new_empty new_full new_ones new_tensor new_zeros
numel pin_memory short size stride to type type_as where zero_
""".split()

# Operators as the functions that compute them: an Op by its class name where it has no frills.
OPERATORS = {
    "__add__": "arithmetic:Add", "__radd__": "arithmetic:Add", "__sub__": "arithmetic:Sub",
    "__mul__": "arithmetic:Mul", "__rmul__": "arithmetic:Mul", "__truediv__": "arithmetic:Div",
    "__floordiv__": "arithmetic:FloorDivide", "__mod__": "arithmetic:Remainder",
    "__pow__": "arithmetic:Pow", "__matmul__": "matmul:matmul", "__and__": "bits:BitwiseAnd",
    "__rand__": "bits:BitwiseAnd", "__or__": "bits:BitwiseOr", "__ror__": "bits:BitwiseOr",
    "__xor__": "bits:BitwiseXor", "__rxor__": "bits:BitwiseXor", "__invert__": "bits:BitwiseNot",
    "__lshift__": "bits:BitwiseLeftShift", "__rshift__": "bits:BitwiseRightShift",
    "__neg__": "arithmetic:Neg", "__abs__": "elementwise:abs", "__pos__": "elementwise:positive",
    "__lt__": "comparison:Lt", "__le__": "comparison:Le", "__gt__": "comparison:Gt",
    "__ge__": "comparison:Ge",
}  # fmt: skip
REFLECTED = {
    "__rsub__": "arithmetic:Sub", "__rtruediv__": "arithmetic:Div",
    "__rfloordiv__": "arithmetic:FloorDivide", "__rmod__": "arithmetic:Remainder",
    "__rpow__": "arithmetic:Pow", "__rmatmul__": "matmul:matmul",
}  # fmt: skip
EQUALITY = {"__eq__": "comparison:Eq", "__ne__": "comparison:Ne"}
IN_PLACE_OPERATORS = {
    "__iadd__": "arithmetic:Add", "__isub__": "arithmetic:Sub", "__imul__": "arithmetic:Mul",
    "__itruediv__": "arithmetic:Div", "__ifloordiv__": "arithmetic:FloorDivide",
    "__imod__": "arithmetic:Remainder", "__ipow__": "arithmetic:Pow",
    "__iand__": "bits:BitwiseAnd", "__ior__": "bits:BitwiseOr",
    "__ixor__": "bits:BitwiseXor", "__ilshift__": "bits:BitwiseLeftShift",
    "__irshift__": "bits:BitwiseRightShift",
}  # fmt: skip

ALIASES = {"ndimension": "dim", "nelement": "numel", "__str__": "__repr__"}
PROPERTIES = {
    "T": "reversed_dims",
    "mT": "matrix_transpose",
    "H": "matrix_adjoint",
    "mH": "matrix_transpose",
}


class Deferred:
    """Stands on Tensor for a method until it is first used, when its module is loaded."""

    __slots__ = ("_name", "_make", "_source")

    def __init__(self, name: str, make: Callable[[Any], Any], source: str):
        self._name, self._make, self._source = name, make, source

    def __get__(self, instance: Tensor | None, owner: type[Tensor]) -> Any:
        value = self._make(_load(self._source))
        setattr(Tensor, self._name, value)
        return value.__get__(instance, owner)


def _load(source: str) -> Any:
    """A function of `ops` by its name, or "module:name" from another module; that of an Op class."""
    module, _, name = source.rpartition(":")
    if not module:
        return ops.find(name)
    found = attrgetter(name)(import_module(f"retrograd.autograd_core.{module}"))
    return getattr(found, "function", found)


def _itself(function: Any) -> Any:
    return function


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


def _in_place(name: str) -> Callable[[Any], Any]:
    return lambda function: in_place(function, name)


def attach() -> None:
    """Give Tensor everything that is named above."""
    plan: list[tuple[str, Callable[[Any], Any], str]] = [
        *((name, _itself, name) for name in METHODS),
        *((name, _with_ints, name) for name in WITH_INTS),
        *((f"{name}_", _in_place(f"{name}_"), name) for name in IN_PLACE),
        *((f"{name}_", _reshaping, name) for name in RESHAPING),
        *((name, _itself, f"{m}:{name}") for m, names in OTHERS.items() for name in names.split()),
        *((name, _itself, f"members:Members.{name}") for name in MEMBERS),
        *((name, _itself, f"members:Members.{member}") for name, member in ALIASES.items()),
        *((name, _itself, f"ops.{source}") for name, source in OPERATORS.items()),
        *((name, _reflected, f"ops.{source}") for name, source in REFLECTED.items()),
        *((name, _or_not_implemented, f"ops.{source}") for name, source in EQUALITY.items()),
        *((name, _in_place(name), f"ops.{source}") for name, source in IN_PLACE_OPERATORS.items()),
        *((name, property, f"ops.shape:{source}") for name, source in PROPERTIES.items()),
        ("repeat", _with_ints, "ops.rearranging:repeat"),
    ]
    for name, make, source in plan:
        setattr(Tensor, name, Deferred(name, make, source))


attach()
