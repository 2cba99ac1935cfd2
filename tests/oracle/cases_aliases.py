"""Calls under NumPy's names of arguments, wherever PyTorch takes them."""

CASES = """
sum mean nansum nanmean amax amin std var logsumexp all any: x, axis=0 | x, axis=-1, keepdims=True
    x=x, axis=1 | a=x, axis=(0, 1) | x1=x, dim=0
max min argmax argmin median nanmedian mode: x, axis=0 | x, axis=-1, keepdims=True | x=x, axis=1
prod: x, axis=0 | x, axis=1, keepdims=True | x=x
sort argsort cumsum cumprod cummax cummin logcumsumexp: x, axis=0 | x=x, axis=1
softmax log_softmax: x, axis=0 | x=x, axis=-1
cat stack concat concatenate: (x, y), axis=0 | (x, y), axis=1
gather take_along_dim: x, axis=0, index=n | x, n, axis=0
chunk narrow: x, 2, axis=1 | x, axis=0, start=0, length=2
squeeze unsqueeze unbind: o, axis=0 | x=o, axis=0
count_nonzero: x, axis=0
quantile: x, 0.5, axis=1
index_select: x, axis=1, index=j | x=x, axis=0, index=j
topk kthvalue: x, 2, axis=0 | x=x, k=1
diff trapezoid unique_consecutive: x, axis=0
linalg.vector_norm linalg.norm: x, axis=0, keepdims=True | x=x
linalg.cross cross: x[:, :3], x2=y[:, :3] | x, y, axis=0
isclose allclose equal: x, x2=y | x1=x, x2=x
repeat_interleave: x, 2, axis=1
triu tril diag diagonal fliplr: x=x | a=x
"""
