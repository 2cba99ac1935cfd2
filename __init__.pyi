"""Where each name of `retrograd` comes from; `__init__.py` loads them when they are used."""

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from retrograd._version import __version__ as __version__
from retrograd.amp import autocast as autocast
from retrograd.amp import is_autocast_enabled as is_autocast_enabled
from retrograd.autograd_core.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from retrograd.autograd_core.anomaly import is_anomaly_enabled as is_anomaly_enabled
from retrograd.autograd_core.creation import arange as arange
from retrograd.autograd_core.creation import as_tensor as as_tensor
from retrograd.autograd_core.creation import empty as empty
from retrograd.autograd_core.creation import empty_like as empty_like
from retrograd.autograd_core.creation import eye as eye
from retrograd.autograd_core.creation import from_numpy as from_numpy
from retrograd.autograd_core.creation import full as full
from retrograd.autograd_core.creation import full_like as full_like
from retrograd.autograd_core.creation import linspace as linspace
from retrograd.autograd_core.creation import logspace as logspace
from retrograd.autograd_core.creation import ones as ones
from retrograd.autograd_core.creation import ones_like as ones_like
from retrograd.autograd_core.creation import scalar_tensor as scalar_tensor
from retrograd.autograd_core.creation import tensor as tensor
from retrograd.autograd_core.creation import tril_indices as tril_indices
from retrograd.autograd_core.creation import triu_indices as triu_indices
from retrograd.autograd_core.creation import zeros as zeros
from retrograd.autograd_core.creation import zeros_like as zeros_like
from retrograd.autograd_core.drawing import bernoulli as bernoulli
from retrograd.autograd_core.drawing import multinomial as multinomial
from retrograd.autograd_core.drawing import normal as normal
from retrograd.autograd_core.drawing import rand as rand
from retrograd.autograd_core.drawing import rand_like as rand_like
from retrograd.autograd_core.drawing import randint as randint
from retrograd.autograd_core.drawing import randint_like as randint_like
from retrograd.autograd_core.drawing import randn as randn
from retrograd.autograd_core.drawing import randn_like as randn_like
from retrograd.autograd_core.drawing import randperm as randperm
from retrograd.autograd_core.layouts import channels_last as channels_last
from retrograd.autograd_core.layouts import channels_last_3d as channels_last_3d
from retrograd.autograd_core.layouts import contiguous_format as contiguous_format
from retrograd.autograd_core.layouts import layout as layout
from retrograd.autograd_core.layouts import memory_format as memory_format
from retrograd.autograd_core.layouts import preserve_format as preserve_format
from retrograd.autograd_core.layouts import strided as strided
from retrograd.autograd_core.legacy import BoolTensor as BoolTensor
from retrograd.autograd_core.legacy import ByteTensor as ByteTensor
from retrograd.autograd_core.legacy import CharTensor as CharTensor
from retrograd.autograd_core.legacy import DoubleTensor as DoubleTensor
from retrograd.autograd_core.legacy import FloatTensor as FloatTensor
from retrograd.autograd_core.legacy import HalfTensor as HalfTensor
from retrograd.autograd_core.legacy import IntTensor as IntTensor
from retrograd.autograd_core.legacy import LongTensor as LongTensor
from retrograd.autograd_core.legacy import ShortTensor as ShortTensor
from retrograd.autograd_core.modes import enable_grad as enable_grad
from retrograd.autograd_core.modes import inference_mode as inference_mode
from retrograd.autograd_core.modes import is_grad_enabled as is_grad_enabled
from retrograd.autograd_core.modes import is_inference_mode_enabled as is_inference_mode_enabled
from retrograd.autograd_core.modes import no_grad as no_grad
from retrograd.autograd_core.modes import set_grad_enabled as set_grad_enabled
from retrograd.autograd_core.numpy_interop import from_dlpack as from_dlpack
from retrograd.autograd_core.ops.activations import celu as celu
from retrograd.autograd_core.ops.activations import hardshrink as hardshrink
from retrograd.autograd_core.ops.activations import prelu as prelu
from retrograd.autograd_core.ops.activations import relu as relu
from retrograd.autograd_core.ops.activations import selu as selu
from retrograd.autograd_core.ops.activations import threshold as threshold
from retrograd.autograd_core.ops.adaptive_pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from retrograd.autograd_core.ops.arithmetic import add as add
from retrograd.autograd_core.ops.arithmetic import addcdiv as addcdiv
from retrograd.autograd_core.ops.arithmetic import addcmul as addcmul
from retrograd.autograd_core.ops.arithmetic import div as div
from retrograd.autograd_core.ops.arithmetic import divide as divide
from retrograd.autograd_core.ops.arithmetic import float_power as float_power
from retrograd.autograd_core.ops.arithmetic import floor_divide as floor_divide
from retrograd.autograd_core.ops.arithmetic import fmod as fmod
from retrograd.autograd_core.ops.arithmetic import lerp as lerp
from retrograd.autograd_core.ops.arithmetic import mul as mul
from retrograd.autograd_core.ops.arithmetic import multiply as multiply
from retrograd.autograd_core.ops.arithmetic import neg as neg
from retrograd.autograd_core.ops.arithmetic import negative as negative
from retrograd.autograd_core.ops.arithmetic import pow as pow
from retrograd.autograd_core.ops.arithmetic import remainder as remainder
from retrograd.autograd_core.ops.arithmetic import rsub as rsub
from retrograd.autograd_core.ops.arithmetic import sub as sub
from retrograd.autograd_core.ops.arithmetic import subtract as subtract
from retrograd.autograd_core.ops.arithmetic import true_divide as true_divide
from retrograd.autograd_core.ops.binary import arctan2 as arctan2
from retrograd.autograd_core.ops.binary import atan2 as atan2
from retrograd.autograd_core.ops.binary import copysign as copysign
from retrograd.autograd_core.ops.binary import fmax as fmax
from retrograd.autograd_core.ops.binary import fmin as fmin
from retrograd.autograd_core.ops.binary import hypot as hypot
from retrograd.autograd_core.ops.binary import ldexp as ldexp
from retrograd.autograd_core.ops.binary import logaddexp as logaddexp
from retrograd.autograd_core.ops.binary import logaddexp2 as logaddexp2
from retrograd.autograd_core.ops.binary import maximum as maximum
from retrograd.autograd_core.ops.binary import minimum as minimum
from retrograd.autograd_core.ops.binary import nextafter as nextafter
from retrograd.autograd_core.ops.binary import xlogy as xlogy
from retrograd.autograd_core.ops.bits import bitwise_and as bitwise_and
from retrograd.autograd_core.ops.bits import bitwise_left_shift as bitwise_left_shift
from retrograd.autograd_core.ops.bits import bitwise_not as bitwise_not
from retrograd.autograd_core.ops.bits import bitwise_or as bitwise_or
from retrograd.autograd_core.ops.bits import bitwise_right_shift as bitwise_right_shift
from retrograd.autograd_core.ops.bits import bitwise_xor as bitwise_xor
from retrograd.autograd_core.ops.bits import gcd as gcd
from retrograd.autograd_core.ops.bits import lcm as lcm
from retrograd.autograd_core.ops.casting import clone as clone
from retrograd.autograd_core.ops.comparison import allclose as allclose
from retrograd.autograd_core.ops.comparison import eq as eq
from retrograd.autograd_core.ops.comparison import equal as equal
from retrograd.autograd_core.ops.comparison import ge as ge
from retrograd.autograd_core.ops.comparison import greater as greater
from retrograd.autograd_core.ops.comparison import greater_equal as greater_equal
from retrograd.autograd_core.ops.comparison import gt as gt
from retrograd.autograd_core.ops.comparison import heaviside as heaviside
from retrograd.autograd_core.ops.comparison import isclose as isclose
from retrograd.autograd_core.ops.comparison import isfinite as isfinite
from retrograd.autograd_core.ops.comparison import isin as isin
from retrograd.autograd_core.ops.comparison import isinf as isinf
from retrograd.autograd_core.ops.comparison import isnan as isnan
from retrograd.autograd_core.ops.comparison import isneginf as isneginf
from retrograd.autograd_core.ops.comparison import isposinf as isposinf
from retrograd.autograd_core.ops.comparison import isreal as isreal
from retrograd.autograd_core.ops.comparison import le as le
from retrograd.autograd_core.ops.comparison import less as less
from retrograd.autograd_core.ops.comparison import less_equal as less_equal
from retrograd.autograd_core.ops.comparison import logical_and as logical_and
from retrograd.autograd_core.ops.comparison import logical_not as logical_not
from retrograd.autograd_core.ops.comparison import logical_or as logical_or
from retrograd.autograd_core.ops.comparison import logical_xor as logical_xor
from retrograd.autograd_core.ops.comparison import lt as lt
from retrograd.autograd_core.ops.comparison import ne as ne
from retrograd.autograd_core.ops.comparison import not_equal as not_equal
from retrograd.autograd_core.ops.comparison import signbit as signbit
from retrograd.autograd_core.ops.comparison import where as where
from retrograd.autograd_core.ops.contraction import bilinear as bilinear
from retrograd.autograd_core.ops.contraction import chain_matmul as chain_matmul
from retrograd.autograd_core.ops.contraction import cross as cross
from retrograd.autograd_core.ops.contraction import einsum as einsum
from retrograd.autograd_core.ops.contraction import inner as inner
from retrograd.autograd_core.ops.contraction import kron as kron
from retrograd.autograd_core.ops.contraction import tensordot as tensordot
from retrograd.autograd_core.ops.conv import conv1d as conv1d
from retrograd.autograd_core.ops.conv import conv2d as conv2d
from retrograd.autograd_core.ops.conv import conv3d as conv3d
from retrograd.autograd_core.ops.conv import conv_transpose1d as conv_transpose1d
from retrograd.autograd_core.ops.conv import conv_transpose2d as conv_transpose2d
from retrograd.autograd_core.ops.conv import conv_transpose3d as conv_transpose3d
from retrograd.autograd_core.ops.counting import bincount as bincount
from retrograd.autograd_core.ops.counting import bucketize as bucketize
from retrograd.autograd_core.ops.counting import histc as histc
from retrograd.autograd_core.ops.counting import searchsorted as searchsorted
from retrograd.autograd_core.ops.counting import unique as unique
from retrograd.autograd_core.ops.counting import unique_consecutive as unique_consecutive
from retrograd.autograd_core.ops.diagonals import block_diag as block_diag
from retrograd.autograd_core.ops.diagonals import diag as diag
from retrograd.autograd_core.ops.diagonals import diag_embed as diag_embed
from retrograd.autograd_core.ops.diagonals import diagflat as diagflat
from retrograd.autograd_core.ops.diagonals import diagonal as diagonal
from retrograd.autograd_core.ops.diagonals import diagonal_scatter as diagonal_scatter
from retrograd.autograd_core.ops.diagonals import tril as tril
from retrograd.autograd_core.ops.diagonals import triu as triu
from retrograd.autograd_core.ops.differences import cumulative_trapezoid as cumulative_trapezoid
from retrograd.autograd_core.ops.differences import diff as diff
from retrograd.autograd_core.ops.differences import gradient as gradient
from retrograd.autograd_core.ops.differences import trapezoid as trapezoid
from retrograd.autograd_core.ops.differences import trapz as trapz
from retrograd.autograd_core.ops.distances import cdist as cdist
from retrograd.autograd_core.ops.elementwise import abs as abs
from retrograd.autograd_core.ops.elementwise import absolute as absolute
from retrograd.autograd_core.ops.elementwise import exp as exp
from retrograd.autograd_core.ops.elementwise import exp2 as exp2
from retrograd.autograd_core.ops.elementwise import expm1 as expm1
from retrograd.autograd_core.ops.elementwise import log as log
from retrograd.autograd_core.ops.elementwise import log10 as log10
from retrograd.autograd_core.ops.elementwise import log1p as log1p
from retrograd.autograd_core.ops.elementwise import log2 as log2
from retrograd.autograd_core.ops.elementwise import logit as logit
from retrograd.autograd_core.ops.elementwise import positive as positive
from retrograd.autograd_core.ops.elementwise import reciprocal as reciprocal
from retrograd.autograd_core.ops.elementwise import rsqrt as rsqrt
from retrograd.autograd_core.ops.elementwise import sgn as sgn
from retrograd.autograd_core.ops.elementwise import sigmoid as sigmoid
from retrograd.autograd_core.ops.elementwise import sign as sign
from retrograd.autograd_core.ops.elementwise import sqrt as sqrt
from retrograd.autograd_core.ops.elementwise import square as square
from retrograd.autograd_core.ops.extrema import amax as amax
from retrograd.autograd_core.ops.extrema import amin as amin
from retrograd.autograd_core.ops.extrema import aminmax as aminmax
from retrograd.autograd_core.ops.extrema import argmax as argmax
from retrograd.autograd_core.ops.extrema import argmin as argmin
from retrograd.autograd_core.ops.extrema import max as max
from retrograd.autograd_core.ops.extrema import min as min
from retrograd.autograd_core.ops.filling import fill as fill
from retrograd.autograd_core.ops.filling import masked_fill as masked_fill
from retrograd.autograd_core.ops.gathering import gather as gather
from retrograd.autograd_core.ops.gathering import scatter as scatter
from retrograd.autograd_core.ops.gathering import scatter_add as scatter_add
from retrograd.autograd_core.ops.gathering import scatter_reduce as scatter_reduce
from retrograd.autograd_core.ops.gathering import take_along_dim as take_along_dim
from retrograd.autograd_core.ops.joining import cat as cat
from retrograd.autograd_core.ops.joining import chunk as chunk
from retrograd.autograd_core.ops.joining import column_stack as column_stack
from retrograd.autograd_core.ops.joining import concat as concat
from retrograd.autograd_core.ops.joining import concatenate as concatenate
from retrograd.autograd_core.ops.joining import dsplit as dsplit
from retrograd.autograd_core.ops.joining import dstack as dstack
from retrograd.autograd_core.ops.joining import hsplit as hsplit
from retrograd.autograd_core.ops.joining import hstack as hstack
from retrograd.autograd_core.ops.joining import row_stack as row_stack
from retrograd.autograd_core.ops.joining import split as split
from retrograd.autograd_core.ops.joining import split_with_sizes as split_with_sizes
from retrograd.autograd_core.ops.joining import stack as stack
from retrograd.autograd_core.ops.joining import tensor_split as tensor_split
from retrograd.autograd_core.ops.joining import unbind as unbind
from retrograd.autograd_core.ops.joining import vsplit as vsplit
from retrograd.autograd_core.ops.joining import vstack as vstack
from retrograd.autograd_core.ops.linalg import cholesky_solve as cholesky_solve
from retrograd.autograd_core.ops.linalg import det as det
from retrograd.autograd_core.ops.linalg import inverse as inverse
from retrograd.autograd_core.ops.linalg import logdet as logdet
from retrograd.autograd_core.ops.linalg import matrix_power as matrix_power
from retrograd.autograd_core.ops.linalg import pinverse as pinverse
from retrograd.autograd_core.ops.linalg import slogdet as slogdet
from retrograd.autograd_core.ops.linalg import trace as trace
from retrograd.autograd_core.ops.matmul import addbmm as addbmm
from retrograd.autograd_core.ops.matmul import addmm as addmm
from retrograd.autograd_core.ops.matmul import addmv as addmv
from retrograd.autograd_core.ops.matmul import addr as addr
from retrograd.autograd_core.ops.matmul import baddbmm as baddbmm
from retrograd.autograd_core.ops.matmul import bmm as bmm
from retrograd.autograd_core.ops.matmul import dot as dot
from retrograd.autograd_core.ops.matmul import ger as ger
from retrograd.autograd_core.ops.matmul import matmul as matmul
from retrograd.autograd_core.ops.matmul import mm as mm
from retrograd.autograd_core.ops.matmul import mv as mv
from retrograd.autograd_core.ops.matmul import outer as outer
from retrograd.autograd_core.ops.matmul import vdot as vdot
from retrograd.autograd_core.ops.matrix_functions import matrix_exp as matrix_exp
from retrograd.autograd_core.ops.normalization import batch_norm as batch_norm
from retrograd.autograd_core.ops.normalization import group_norm as group_norm
from retrograd.autograd_core.ops.normalization import instance_norm as instance_norm
from retrograd.autograd_core.ops.normalization import layer_norm as layer_norm
from retrograd.autograd_core.ops.normalization import rms_norm as rms_norm
from retrograd.autograd_core.ops.older_linalg import cholesky as cholesky
from retrograd.autograd_core.ops.older_linalg import cholesky_inverse as cholesky_inverse
from retrograd.autograd_core.ops.older_linalg import qr as qr
from retrograd.autograd_core.ops.older_linalg import svd as svd
from retrograd.autograd_core.ops.order import argsort as argsort
from retrograd.autograd_core.ops.order import kthvalue as kthvalue
from retrograd.autograd_core.ops.order import median as median
from retrograd.autograd_core.ops.order import mode as mode
from retrograd.autograd_core.ops.order import msort as msort
from retrograd.autograd_core.ops.order import nanmedian as nanmedian
from retrograd.autograd_core.ops.order import nanquantile as nanquantile
from retrograd.autograd_core.ops.order import quantile as quantile
from retrograd.autograd_core.ops.order import sort as sort
from retrograd.autograd_core.ops.order import topk as topk
from retrograd.autograd_core.ops.pool import avg_pool1d as avg_pool1d
from retrograd.autograd_core.ops.pool import max_pool1d as max_pool1d
from retrograd.autograd_core.ops.pool import max_pool2d as max_pool2d
from retrograd.autograd_core.ops.pool import max_pool3d as max_pool3d
from retrograd.autograd_core.ops.rearranging import cartesian_prod as cartesian_prod
from retrograd.autograd_core.ops.rearranging import combinations as combinations
from retrograd.autograd_core.ops.rearranging import flip as flip
from retrograd.autograd_core.ops.rearranging import fliplr as fliplr
from retrograd.autograd_core.ops.rearranging import flipud as flipud
from retrograd.autograd_core.ops.rearranging import meshgrid as meshgrid
from retrograd.autograd_core.ops.rearranging import narrow as narrow
from retrograd.autograd_core.ops.rearranging import repeat_interleave as repeat_interleave
from retrograd.autograd_core.ops.rearranging import roll as roll
from retrograd.autograd_core.ops.rearranging import rot90 as rot90
from retrograd.autograd_core.ops.rearranging import select as select
from retrograd.autograd_core.ops.rearranging import tile as tile
from retrograd.autograd_core.ops.reduction import all as all
from retrograd.autograd_core.ops.reduction import any as any
from retrograd.autograd_core.ops.reduction import count_nonzero as count_nonzero
from retrograd.autograd_core.ops.reduction import mean as mean
from retrograd.autograd_core.ops.reduction import nanmean as nanmean
from retrograd.autograd_core.ops.reduction import nansum as nansum
from retrograd.autograd_core.ops.reduction import sum as sum
from retrograd.autograd_core.ops.rounding import ceil as ceil
from retrograd.autograd_core.ops.rounding import clamp as clamp
from retrograd.autograd_core.ops.rounding import clamp_max as clamp_max
from retrograd.autograd_core.ops.rounding import clamp_min as clamp_min
from retrograd.autograd_core.ops.rounding import clip as clip
from retrograd.autograd_core.ops.rounding import fix as fix
from retrograd.autograd_core.ops.rounding import floor as floor
from retrograd.autograd_core.ops.rounding import frac as frac
from retrograd.autograd_core.ops.rounding import frexp as frexp
from retrograd.autograd_core.ops.rounding import nan_to_num as nan_to_num
from retrograd.autograd_core.ops.rounding import round as round
from retrograd.autograd_core.ops.rounding import trunc as trunc
from retrograd.autograd_core.ops.scans import cummax as cummax
from retrograd.autograd_core.ops.scans import cummin as cummin
from retrograd.autograd_core.ops.scans import cumprod as cumprod
from retrograd.autograd_core.ops.scans import cumsum as cumsum
from retrograd.autograd_core.ops.scans import logcumsumexp as logcumsumexp
from retrograd.autograd_core.ops.scans import prod as prod
from retrograd.autograd_core.ops.selecting import argwhere as argwhere
from retrograd.autograd_core.ops.selecting import index_add as index_add
from retrograd.autograd_core.ops.selecting import index_copy as index_copy
from retrograd.autograd_core.ops.selecting import index_fill as index_fill
from retrograd.autograd_core.ops.selecting import index_put as index_put
from retrograd.autograd_core.ops.selecting import index_reduce as index_reduce
from retrograd.autograd_core.ops.selecting import index_select as index_select
from retrograd.autograd_core.ops.selecting import masked_scatter as masked_scatter
from retrograd.autograd_core.ops.selecting import masked_select as masked_select
from retrograd.autograd_core.ops.selecting import nonzero as nonzero
from retrograd.autograd_core.ops.selecting import put as put
from retrograd.autograd_core.ops.selecting import select_scatter as select_scatter
from retrograd.autograd_core.ops.selecting import slice_scatter as slice_scatter
from retrograd.autograd_core.ops.selecting import take as take
from retrograd.autograd_core.ops.selecting import unravel_index as unravel_index
from retrograd.autograd_core.ops.shape import atleast_1d as atleast_1d
from retrograd.autograd_core.ops.shape import atleast_2d as atleast_2d
from retrograd.autograd_core.ops.shape import atleast_3d as atleast_3d
from retrograd.autograd_core.ops.shape import broadcast_shapes as broadcast_shapes
from retrograd.autograd_core.ops.shape import broadcast_tensors as broadcast_tensors
from retrograd.autograd_core.ops.shape import broadcast_to as broadcast_to
from retrograd.autograd_core.ops.shape import flatten as flatten
from retrograd.autograd_core.ops.shape import moveaxis as moveaxis
from retrograd.autograd_core.ops.shape import movedim as movedim
from retrograd.autograd_core.ops.shape import permute as permute
from retrograd.autograd_core.ops.shape import ravel as ravel
from retrograd.autograd_core.ops.shape import reshape as reshape
from retrograd.autograd_core.ops.shape import squeeze as squeeze
from retrograd.autograd_core.ops.shape import swapaxes as swapaxes
from retrograd.autograd_core.ops.shape import swapdims as swapdims
from retrograd.autograd_core.ops.shape import t as t
from retrograd.autograd_core.ops.shape import transpose as transpose
from retrograd.autograd_core.ops.shape import unflatten as unflatten
from retrograd.autograd_core.ops.shape import unsqueeze as unsqueeze
from retrograd.autograd_core.ops.softmax import log_softmax as log_softmax
from retrograd.autograd_core.ops.softmax import logsumexp as logsumexp
from retrograd.autograd_core.ops.softmax import softmax as softmax
from retrograd.autograd_core.ops.special import digamma as digamma
from retrograd.autograd_core.ops.special import erf as erf
from retrograd.autograd_core.ops.special import erfc as erfc
from retrograd.autograd_core.ops.special import erfinv as erfinv
from retrograd.autograd_core.ops.special import lgamma as lgamma
from retrograd.autograd_core.ops.special import mvlgamma as mvlgamma
from retrograd.autograd_core.ops.special import polygamma as polygamma
from retrograd.autograd_core.ops.statistics import corrcoef as corrcoef
from retrograd.autograd_core.ops.statistics import cov as cov
from retrograd.autograd_core.ops.statistics import dist as dist
from retrograd.autograd_core.ops.statistics import norm as norm
from retrograd.autograd_core.ops.statistics import renorm as renorm
from retrograd.autograd_core.ops.statistics import std as std
from retrograd.autograd_core.ops.statistics import std_mean as std_mean
from retrograd.autograd_core.ops.statistics import var as var
from retrograd.autograd_core.ops.statistics import var_mean as var_mean
from retrograd.autograd_core.ops.trigonometry import acos as acos
from retrograd.autograd_core.ops.trigonometry import acosh as acosh
from retrograd.autograd_core.ops.trigonometry import arccos as arccos
from retrograd.autograd_core.ops.trigonometry import arccosh as arccosh
from retrograd.autograd_core.ops.trigonometry import arcsin as arcsin
from retrograd.autograd_core.ops.trigonometry import arcsinh as arcsinh
from retrograd.autograd_core.ops.trigonometry import arctan as arctan
from retrograd.autograd_core.ops.trigonometry import arctanh as arctanh
from retrograd.autograd_core.ops.trigonometry import asin as asin
from retrograd.autograd_core.ops.trigonometry import asinh as asinh
from retrograd.autograd_core.ops.trigonometry import atan as atan
from retrograd.autograd_core.ops.trigonometry import atanh as atanh
from retrograd.autograd_core.ops.trigonometry import cos as cos
from retrograd.autograd_core.ops.trigonometry import cosh as cosh
from retrograd.autograd_core.ops.trigonometry import deg2rad as deg2rad
from retrograd.autograd_core.ops.trigonometry import rad2deg as rad2deg
from retrograd.autograd_core.ops.trigonometry import sin as sin
from retrograd.autograd_core.ops.trigonometry import sinc as sinc
from retrograd.autograd_core.ops.trigonometry import sinh as sinh
from retrograd.autograd_core.ops.trigonometry import tan as tan
from retrograd.autograd_core.ops.trigonometry import tanh as tanh
from retrograd.autograd_core.printing import set_printoptions as set_printoptions
from retrograd.autograd_core.queries import is_complex as is_complex
from retrograd.autograd_core.queries import is_floating_point as is_floating_point
from retrograd.autograd_core.queries import is_nonzero as is_nonzero
from retrograd.autograd_core.queries import is_same_size as is_same_size
from retrograd.autograd_core.queries import is_tensor as is_tensor
from retrograd.autograd_core.queries import numel as numel
from retrograd.autograd_core.queries import result_type as result_type
from retrograd.autograd_core.queries import zero_ as zero_
from retrograd.autograd_core.random_state import get_rng_state as get_rng_state
from retrograd.autograd_core.random_state import set_rng_state as set_rng_state
from retrograd.autograd_core.switches import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from retrograd.autograd_core.switches import get_float32_matmul_precision as get_float32_matmul_precision
from retrograd.autograd_core.switches import set_float32_matmul_precision as set_float32_matmul_precision
from retrograd.autograd_core.switches import use_deterministic_algorithms as use_deterministic_algorithms
from retrograd.autograd_core.tensor import Size as Size
from retrograd.autograd_core.tensor import Tensor as Tensor
from retrograd.backends.config import show_config as show_config
from retrograd.backends.device import device as device
from retrograd.backends.device import get_default_device as get_default_device
from retrograd.backends.device import set_default_device as set_default_device
from retrograd.backends.dtypes import bool_ as bool
from retrograd.backends.dtypes import can_cast as can_cast
from retrograd.backends.dtypes import dtype as dtype
from retrograd.backends.dtypes import float16 as float16
from retrograd.backends.dtypes import float32 as float32
from retrograd.backends.dtypes import float64 as float64
from retrograd.backends.dtypes import get_default_dtype as get_default_dtype
from retrograd.backends.dtypes import int8 as int8
from retrograd.backends.dtypes import int16 as int16
from retrograd.backends.dtypes import int32 as int32
from retrograd.backends.dtypes import int64 as int64
from retrograd.backends.dtypes import promote_types as promote_types
from retrograd.backends.dtypes import set_default_dtype as set_default_dtype
from retrograd.backends.dtypes import uint8 as uint8
from retrograd.backends.limits import finfo as finfo
from retrograd.backends.limits import iinfo as iinfo
from retrograd.backends.random import Generator as Generator
from retrograd.backends.random import default_generator as default_generator
from retrograd.backends.random import initial_seed as initial_seed
from retrograd.backends.random import manual_seed as manual_seed
from retrograd.backends.random import seed as seed
from retrograd.backends.threads import get_num_interop_threads as get_num_interop_threads
from retrograd.backends.threads import get_num_threads as get_num_threads
from retrograd.backends.threads import set_num_interop_threads as set_num_interop_threads
from retrograd.backends.threads import set_num_threads as set_num_threads
from retrograd.interop import load as load
from retrograd.interop import save as save
from retrograd.nn.compiled import compile as compile
from retrograd.nn.functional import alpha_dropout as alpha_dropout
from retrograd.nn.functional import celu_ as celu_
from retrograd.nn.functional import channel_shuffle as channel_shuffle
from retrograd.nn.functional import cosine_similarity as cosine_similarity
from retrograd.nn.functional import dropout as dropout
from retrograd.nn.functional import embedding as embedding
from retrograd.nn.functional import feature_alpha_dropout as feature_alpha_dropout
from retrograd.nn.functional import pairwise_distance as pairwise_distance
from retrograd.nn.functional import pdist as pdist
from retrograd.nn.functional import pixel_shuffle as pixel_shuffle
from retrograd.nn.functional import pixel_unshuffle as pixel_unshuffle
from retrograd.nn.functional import relu_ as relu_
from retrograd.nn.functional import rrelu as rrelu
from retrograd.nn.functional import rrelu_ as rrelu_
from retrograd.nn.functional import selu_ as selu_
from retrograd.nn.functional import threshold_ as threshold_
double = float64
from retrograd import accelerator as accelerator
from retrograd import amp as amp
from retrograd import autograd as autograd
from retrograd import data as data
from retrograd import func as func
from retrograd import interop as interop
from retrograd import linalg as linalg
from retrograd import models as models
from retrograd import nn as nn
from retrograd import optim as optim
from retrograd import special as special
from retrograd import testing as testing
from retrograd import utils as utils
from retrograd import version as version
from retrograd import viz as viz
from retrograd.autograd_core import random_state as random
from retrograd.torch_paths import cuda as cuda
half = float16
long = int64
newaxis = None
short = int16
float = float32
int = int32

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "Generator",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "Size",
    "Tensor",
    "__version__",
    "abs",
    "absolute",
    "accelerator",
    "acos",
    "acosh",
    "adaptive_avg_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addr",
    "all",
    "allclose",
    "alpha_dropout",
    "amax",
    "amin",
    "aminmax",
    "amp",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "are_deterministic_algorithms_enabled",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_tensor",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autocast",
    "autograd",
    "avg_pool1d",
    "baddbmm",
    "batch_norm",
    "bernoulli",
    "bilinear",
    "bincount",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "ceil",
    "celu",
    "celu_",
    "chain_matmul",
    "channel_shuffle",
    "channels_last",
    "channels_last_3d",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "clone",
    "column_stack",
    "combinations",
    "compile",
    "concat",
    "concatenate",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "corrcoef",
    "cos",
    "cosh",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "cross",
    "cuda",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "data",
    "default_generator",
    "deg2rad",
    "det",
    "device",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "diff",
    "digamma",
    "dist",
    "div",
    "divide",
    "dot",
    "double",
    "dropout",
    "dsplit",
    "dstack",
    "dtype",
    "e",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "eye",
    "feature_alpha_dropout",
    "fill",
    "finfo",
    "fix",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "frexp",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "gather",
    "gcd",
    "ge",
    "ger",
    "get_default_device",
    "get_default_dtype",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "get_rng_state",
    "gradient",
    "greater",
    "greater_equal",
    "group_norm",
    "gt",
    "half",
    "hardshrink",
    "heaviside",
    "histc",
    "hsplit",
    "hstack",
    "hypot",
    "iinfo",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "index_select",
    "inf",
    "inference_mode",
    "initial_seed",
    "inner",
    "instance_norm",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "interop",
    "inverse",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_autocast_enabled",
    "is_complex",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_nonzero",
    "is_same_size",
    "is_tensor",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "kron",
    "kthvalue",
    "layer_norm",
    "layout",
    "lcm",
    "ldexp",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linalg",
    "linspace",
    "load",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logspace",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "matrix_exp",
    "matrix_power",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "median",
    "memory_format",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "models",
    "moveaxis",
    "movedim",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "mvlgamma",
    "nan",
    "nan_to_num",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "ne",
    "neg",
    "negative",
    "newaxis",
    "nextafter",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "normal",
    "not_equal",
    "numel",
    "ones",
    "ones_like",
    "optim",
    "outer",
    "pairwise_distance",
    "pdist",
    "permute",
    "pi",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "polygamma",
    "positive",
    "pow",
    "prelu",
    "preserve_format",
    "prod",
    "promote_types",
    "put",
    "qr",
    "quantile",
    "rad2deg",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random",
    "randperm",
    "ravel",
    "reciprocal",
    "relu",
    "relu_",
    "remainder",
    "renorm",
    "repeat_interleave",
    "reshape",
    "result_type",
    "rms_norm",
    "roll",
    "rot90",
    "round",
    "row_stack",
    "rrelu",
    "rrelu_",
    "rsqrt",
    "rsub",
    "save",
    "scalar_tensor",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "searchsorted",
    "seed",
    "select",
    "select_scatter",
    "selu",
    "selu_",
    "set_default_device",
    "set_default_dtype",
    "set_float32_matmul_precision",
    "set_grad_enabled",
    "set_num_interop_threads",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "sgn",
    "short",
    "show_config",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "slice_scatter",
    "slogdet",
    "softmax",
    "sort",
    "special",
    "split",
    "split_with_sizes",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "strided",
    "sub",
    "subtract",
    "sum",
    "svd",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tanh",
    "tensor",
    "tensor_split",
    "tensordot",
    "testing",
    "threshold",
    "threshold_",
    "tile",
    "topk",
    "trace",
    "transpose",
    "trapezoid",
    "trapz",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "uint8",
    "unbind",
    "unflatten",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsqueeze",
    "use_deterministic_algorithms",
    "utils",
    "var",
    "var_mean",
    "vdot",
    "version",
    "viz",
    "vsplit",
    "vstack",
    "where",
    "xlogy",
    "zero_",
    "zeros",
    "zeros_like",
]
