"""Which results share the memory of their input, and which may be written to: as in PyTorch."""

import numpy as np
import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
# PyTorch warns of some that they make little sense.
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore::UserWarning")]

SHAPES = [(), (1,), (3,), (0,), (1, 3), (2, 2), (3, 3)]
CALLS = """
    x.sigmoid() | x.abs() | x*x | -x | x.cumsum(0) | x.cumsum(-1) | x.softmax(-1)
    x.log_softmax(0) | x.sort(-1)[0] | x.sort(0,descending=True).values | x.cumprod(-1)
    x.flip(0) | x.flip((0,-1)) | x.transpose(0,-1) | x.mT | x.reshape(-1) | x.unsqueeze(0)
    x.squeeze() | x.sum(0,keepdim=True) | x.sum(-1) | x.sum() | x.mean(-1,keepdim=True) | x.mean()
    x.var(-1) | x.std(0,keepdim=True) | x.amax(-1) | x.max(0)[0] | x.min() | x.logsumexp(-1)
    x.norm() | x.norm(1,-1) | x.clamp(-0.5,0.5) | x.clamp(min=0.1) | T.where(x>0,x,x*0.1)
    x.roll(1,0) | x.roll((1,2),(0,-1)) | x.triu() | x.tril(-1) | x[...,::2] | x[0] | x[...,0]
    x[1:] | x[...,-1:] | x[None] | x[[0,-1]] | x[x>0] | T.cat([x,x]) | T.cat([x,x],-1)
    T.stack([x,x],-1) | F.pad(x,(1,2)) | F.pad(x,(1,1),value=0.5) | F.layer_norm(x,x.shape[-1:])
    x.repeat(2,1) | x.repeat_interleave(2,0) | x.diagonal() | x.diff() | x.chunk(2)[0]
    x.split(1,-1)[-1] | x.unbind(0)[0] | x.expand(2,*x.shape) | x.contiguous() | x.clone()
    x.detach() | x.view(-1) | x.flatten(0,1) | x.movedim(0,-1) | x.prod(-1) | x.median(-1)[0]
    x.topk(2,-1)[0] | x.kthvalue(1,0)[0] | x.masked_fill(x<0,0.3)
    x.index_select(0,T.tensor([0,0])) | x.take_along_dim(x.argsort(-1),-1) | x.pow(3)
    x.pow(2).add(1).sqrt() | x.pow(2).add(1).log() | x.pow(2).add(1).rsqrt() | x.logcumsumexp(0)
    F.hardtanh(x) | F.softmin(x,-1) | x.round() | x.sign() | x.nan_to_num() | x.cummax(-1)[0]
    x.tril().mT | x.aminmax()[0] | x.dist(x*0.5) | x.renorm(2,0,1.0)
    x.unflatten(-1,(-1,2)) | x.square().sum(-1,keepdim=True).sqrt() | T.einsum('...i->...',x)
    x.trace() | x.swapaxes(0,1) | x.ravel() | x.lerp(x*2,0.3) | F.avg_pool1d(x,2)
    F.max_pool1d(x,2) | T.linalg.matrix_norm(x) | T.linalg.vector_norm(x,3) | F.hardswish(x)
    F.hardsigmoid(x) | F.relu6(x) | F.threshold(x,0,0.1) | F.logsigmoid(x) | F.softsign(x)
    F.tanhshrink(x) | F.hardshrink(x) | F.softshrink(x) | F.dropout(x,0.0)
    F.dropout(x,0.5,False) | x.float() | x.double() | x.to(x.dtype) | x.type_as(x)
    x.reshape(x.shape) | x.view(x.shape) | x.squeeze(0) | x.permute(*range(x.dim())) | x.sum(())
    x.sum(0) | x.mean(0) | x.amax(0) | x.prod(0) | x.prod() | x.median() | x.mode()[0]
    x.cummin(0)[0] | x.sort()[0] | x.topk(1)[0] | x.unique()
    x.gather(0,T.zeros_like(x,dtype=T.int64)) | x.index_select(0,T.tensor([0]))
    x.take(T.tensor(0)) | x.masked_select(x==x) | x.clamp(-100,100) | x.repeat(1) | x.repeat(1,1)
    x.tile((1,)) | x.expand(x.shape) | x.broadcast_to(x.shape) | x.expand_as(x) | x.roll(0)
    x.flip(()) | x.rot90(0) | T.atleast_1d(x) | T.atleast_2d(x) | T.cat([x]) | T.stack([x])
    T.hstack([x]) | T.vstack([x]) | T.meshgrid(x,indexing='ij')[0]
    T.meshgrid(x,x,indexing='ij')[0] | x.split(100)[0] | x.chunk(1)[0] | x.tensor_split(1)[0]
    x.narrow(0,0,1) | x.select(0,0) | x.diag() | x.diag_embed() | x.T | x.t() | x[...] | x[:]
    x[()] | x[T.tensor(0)] | x[x==x] | x[True] | x.floor() | +x | x.positive() | x**1 | x.pow(1)
    x*1 | x+0 | x/1 | x.flatten() | x.flatten(0) | x.data
    x.matrix_power(1) | x.matrix_power(0) | x.triu(-5) | x.tril(5) | x.unflatten(0,(-1,1))
    x.movedim(0,0) | x.swapaxes(0,0) | x.squeeze().unsqueeze(0) | T.einsum('...->...',x)
    T.einsum('i->i',x) | T.einsum('ij->ji',x) | T.linalg.multi_dot([x]) | T.linalg.diagonal(x)
    T.block_diag(x) | T.cartesian_prod(x) | T.combinations(x,1) | T.where(T.tensor(True),x,x)
    T.maximum(x,x) | T.as_tensor(x) | F.pad(x,(0,0)) | F.adaptive_avg_pool1d(x[None],x.shape[-1])
    F.avg_pool1d(x[None],1) | F.max_pool1d(x[None],1) | F.layer_norm(x,x.shape)
    F.embedding(T.tensor([0]),x) | F.pixel_shuffle(x[None],1) | F.fold(x[None],1,1)
    T.nanmedian(x) | T.renorm(x,2,0,1e9) | T.lerp(x,x,0) | T.cov(x) | T.corrcoef(x)
    T.diff(x,n=0) | T.gradient(x)[0] | T.hypot(x,x*0) | T.dropout(x,0.0,True)
    T.alpha_dropout(x,0.0,True) | F.glu(x) | F.instance_norm(x[None])
    F.local_response_norm(x,1)
    F.channel_shuffle(x[None,:,None],1)
"""
EXPRESSIONS = [part.strip() for line in CALLS.splitlines() for part in line.split(" | ") if line]


def value(library, expression, shape, leaf):
    """The value of the expression, of a leaf or of what was computed from one; or the error."""
    numbers = np.random.default_rng(0).uniform(0.1, 0.9, shape)
    start = library.tensor(numbers, requires_grad=True)
    x = start if leaf else start * 1.0
    try:
        return start, eval(expression, {"T": library, "F": library.nn.functional, "x": x})
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        return start, error


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_memory_is_shared_where_pytorch_shares_it(expression):
    for shape in SHAPES:
        x, expected = value(torch, expression, shape, leaf=True)
        y, got = value(rg, expression, shape, leaf=True)
        if isinstance(expected, Exception) or not expected.numel():
            continue
        assert not isinstance(got, Exception), (shape, got)
        shared = x.untyped_storage().data_ptr() == expected.untyped_storage().data_ptr()
        assert np.shares_memory(got._data, y._data) == shared, shape
        assert (got is y) == (expected is x), shape


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_results_can_be_written_to_where_pytorch_lets_them(expression):
    for shape in SHAPES:
        found = []
        for library in (torch, rg):
            start, result = value(library, expression, shape, leaf=False)
            if isinstance(result, Exception) or not result.requires_grad:
                break
            try:
                result.mul_(2.0)
                result.sum().backward()
            except RuntimeError as error:
                if library is torch:
                    break
                raise AssertionError(f"PyTorch has no objection, {shape}") from error
            found.append(start.grad.numpy())
        if len(found) == 2:
            np.testing.assert_allclose(*found, rtol=1e-7, atol=1e-12)
