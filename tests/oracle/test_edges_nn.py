"""nn.functional on what is empty, 0-d, transposed, tied, NaN or infinite: values and gradients.

In the notation of the tables of calls; the letters are explained in `inputs`.
"""

import pytest

from tests.oracle import compare
from tests.oracle.inputs import LAYOUTS
from tests.oracle.tables import rows
from tests.oracle.test_values import calls, check

pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

KINDS = [("float64", layout) for layout in LAYOUTS] + [("float32", "rows")]
CASES = """
celu elu gelu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish relu relu6 selu: x
    x.t() | t | w | e | s | z[:, 1]
sigmoid silu softplus softshrink softsign tanh tanhshrink: x | x.t() | t | w | e | s | z[:, 1]
threshold: x, 0.1, 20. | t, 0, 5. | w, 0.1, 20. | e, 1, 2 | s, 0, 1.
gelu: x, approximate="tanh" | w, approximate="tanh" | e, approximate="tanh"
elu celu: x, 2. | t, 2. | w, 0.5
leaky_relu: x, 0.2 | w, -0.2
hardtanh: t, -1, 1 | w, -2., 2.
softplus: x, 2, 1. | w, 2, 1.
prelu: x, r | w, r | e, r | s, r[:1]
glu: x | x.t()[:2] | w | e | z, 0
softmax log_softmax softmin: x, 0 | x.t(), 1 | w, 1 | e, 1 | e, 0 | s, 0 | t, 1
normalize: x | x.t() | t | w | e | t * 0 | x, 1 | x, inf | x, 1.5, 0
layer_norm rms_norm: x, (4,) | x.t(), (3,) | w, (4,) | e, (4,) | t * 0, (4,) | x, (4,), r | z, (3, 4)
group_norm: z, 3 | z.transpose(1, 2), 2 | z[:0], 3 | z * nan, 1
instance_norm: z | z.transpose(1, 2) | z * inf
batch_norm: x, None, None, training=True | x.t(), None, None, training=True
    w, None, None, training=True | x, r * 0, r * 0 + 1 | e, r * 0, r * 0 + 1 | w, r * 0, r * 0 + 1
    z, None, None, c[:, 0], None, True
local_response_norm: z, 2 | z.transpose(0, 1), 3 | z[:0], 2
mse_loss l1_loss smooth_l1_loss huber_loss: x, y | x.t(), y.t() | t, t.flip(0) | w, x | x, w | e, e
    s, s * 2 | x, y, reduction="none" | w, x, reduction="sum" | e, e, reduction="sum"
smooth_l1_loss: t, t.flip(0) * 0 + 1 | w, x, beta=0.3 | x, y, beta=0. | w, t, beta=0.
huber_loss: t, t.flip(0) * 0, delta=2. | w, x, delta=0.3
soft_margin_loss hinge_embedding_loss: x, y.sign() | x.t(), y.sign().t() | w, y.sign() | e, e
    s, s.sign()
kl_div: x, y * y | x.t(), y.t() * y.t() | w, y * y | x, t * t | e, e | x, y, log_target=True
    x, y * y, reduction="batchmean"
poisson_nll_loss: x, y * y | w, y * y | e, e | x * x, t * t, log_input=False | x, t * t, full=True
gaussian_nll_loss: x, y, x * x + 1 | w, y, x * x + 1 | e, e, e | x, y, t * t
binary_cross_entropy_with_logits: x, y.sigmoid() | x.t(), m.t().to(x.dtype) | w, y.sigmoid() | e, e
    s, s.sigmoid() | x * 1000, m.to(x.dtype) | x, y.sigmoid(), pos_weight=r * r
binary_cross_entropy: x.sigmoid(), y.sigmoid() | (x * 1000).sigmoid(), m.to(x.dtype) | e, e
cross_entropy: x, j[:3] | x.t(), j | w, j[:3] | e, j[:0] | x, y.softmax(1) | x[0], j[0] | z, n[:2]
    x, j[:3], label_smoothing=0.2 | x, j[:3], reduction="none" | e, j[:0], reduction="sum"
nll_loss: x, j[:3] | w, j[:3] | e, j[:0] | x, j[:3], r | x, j[:3], ignore_index=1
multi_margin_loss: x, j[:3] | x.t(), j | t, j[:3] | w, j[:3] | x, j[:3], 2
multilabel_soft_margin_loss: x, m.to(x.dtype) | w, m.to(x.dtype)
multilabel_margin_loss: x, n | t, n | w, n
margin_ranking_loss: x, y, t.sign() | w, y, t.sign() | t, t, t.sign() | e, e, e
cosine_embedding_loss: x, y, x[:, 0].sign() | t * 0, y, x[:, 0].sign() | w, y, x[:, 0].sign()
triplet_margin_loss: x, y, t | x, x, x | w, y, t
cosine_similarity: x, y | x.t(), y.t() | t * 0, y | w, y | e, e | x, r | x, y, 0 | s, s, 0
pairwise_distance: x, y | x, x | w, y | e, e | x, y, 1 | x, y, inf | t, t.flip(0), 1
pdist: x | x.t() | t | x[:1] | x, 1. | x, inf
linear: x, y | x.t(), q | e, x | w, y | r, x | z, x, c[:, 0]
bilinear: x, y, z.new_ones(2, 4, 4) | e, e, z.new_ones(2, 4, 4)
pad: x, (1, 2) | x.t(), (1, 0) | w, (1, 1) | z, (1, 1), "reflect" | z, (2, 1), "replicate"
    z, (1, 2), "circular" | e, (1, 1)
avg_pool1d max_pool1d: z, 2 | z.transpose(1, 2), 2 | z * nan, 2 | z * 0, 2 | z[:0], 2 | z, 3, 1, 1
lp_pool1d: z, 2., 2 | z * 0, 2., 2 | z, 3., 2
adaptive_avg_pool1d adaptive_max_pool1d: z, 2 | z.transpose(1, 2), 2 | z * nan, 3 | z[:0], 2
interpolate: z, 7 | z, 3, mode="linear" | z.transpose(1, 2), scale_factor=2. | z * inf, 7
conv1d: z, z.transpose(0, 1)[:, :, :2][:, [0, 1, 0]] | z.transpose(1, 2), z.mT[:1] | z[:0], z[:, :, :2]
    z * nan, z[:, :, :2] | z, z[:, :, :2], None, 2, 1
embedding: n, x | n[:0], x | n, w | n, x, 0 | n.t(), y
scaled_dot_product_attention: z, z, z | z.transpose(1, 2), z.mT, z.mT | z[:, :0], z, z | z * nan, z, z
one_hot: j | n | n[:0], 4
pixel_shuffle: z[None, :1].expand(1, 4, 3, 4), 2
grid_sample: z[None], z.new_zeros(1, 2, 2, 2), "nearest", align_corners=False
dropout alpha_dropout: x, 0.5, False | w, 0., True | e, 0.5, True | x, 1., True
"""

ROWS = [(f"nn.functional.{name}", arguments) for name, arguments in rows(CASES)]


@pytest.mark.filterwarnings("ignore")
@calls(table=ROWS)
def test_edge(name, arguments):
    check(name, lambda T: compare.lookup(T, name), name, arguments, KINDS)
