"""Single convolutions, forward and backward: kernels, strides, groups, narrow and wide channels."""

from benchmarks.workloads import load, workload

# Input, then out channels, kernel, stride, groups; the padding is half the kernel.
SHAPES = {
    "3x3 narrow": ((32, 16, 32, 32), 16, 3, 1, 1),
    "3x3": ((32, 64, 16, 16), 64, 3, 1, 1),
    "3x3 wide": ((16, 256, 8, 8), 256, 3, 1, 1),
    "3x3 image": ((16, 3, 64, 64), 32, 3, 1, 1),
    "3x3 strided": ((32, 32, 32, 32), 64, 3, 2, 1),
    "3x3 grouped": ((32, 64, 16, 16), 64, 3, 1, 4),
    "3x3 depthwise": ((32, 64, 16, 16), 64, 3, 1, 64),
    "3x3 depthwise strided": ((32, 64, 16, 16), 64, 3, 2, 64),
    "1x1": ((32, 64, 16, 16), 128, 1, 1, 1),
    "1x1 wide": ((16, 512, 7, 7), 512, 1, 1, 1),
    "1x1 strided": ((32, 64, 16, 16), 128, 1, 2, 1),
    "5x5 narrow": ((64, 6, 14, 14), 16, 5, 1, 1),
    "5x5": ((16, 32, 32, 32), 32, 5, 1, 1),
    "7x7 strided": ((4, 3, 96, 96), 64, 7, 2, 1),
    "3x3 one small image": ((1, 16, 8, 8), 16, 3, 1, 1),
}


@workload(quick={"shape": ("3x3", "1x1", "3x3 depthwise")}, shape=tuple(SHAPES))
def convolution(lib, shape):
    """conv2d with a bias, and the gradients of all three arguments."""
    lib.manual_seed(0)
    size, out_channels, kernel, stride, groups = SHAPES[shape]
    conv2d = load(lib, "nn.functional").conv2d
    x = lib.randn(*size, requires_grad=True)
    weight = lib.randn(out_channels, size[1] // groups, kernel, kernel, requires_grad=True)
    bias = lib.randn(out_channels, requires_grad=True)
    arguments = weight, bias, stride, kernel // 2, 1, groups
    cotangent = lib.randn(*conv2d(x, *arguments).shape)

    def step():
        conv2d(x, *arguments).backward(cotangent)
        x.grad = weight.grad = bias.grad = None

    return step, 1
