"""Special functions, under the names of torch.special."""

from retrograd.autograd_core.ops.binary import xlogy
from retrograd.autograd_core.ops.elementwise import exp2, expm1, log1p, logit
from retrograd.autograd_core.ops.elementwise import sigmoid as expit
from retrograd.autograd_core.ops.rounding import round
from retrograd.autograd_core.ops.softmax import log_softmax, logsumexp, softmax
from retrograd.autograd_core.ops.special import (
    beta,
    betaln,
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    log_ndtr,
    ndtr,
    ndtri,
    polygamma,
    xlog1py,
)
from retrograd.autograd_core.ops.special import digamma as psi
from retrograd.autograd_core.ops.special import lgamma as gammaln
from retrograd.autograd_core.ops.special import mvlgamma as multigammaln
from retrograd.autograd_core.ops.trigonometry import sinc

__all__ = [
    "beta",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]
