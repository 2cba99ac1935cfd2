"""Arrays and kernels: what each device must provide."""

from retrograd.backends import cudnn, onednn, scipy
from retrograd.backends import onednn as mkldnn  # PyTorch's name

__all__ = ["cudnn", "mkldnn", "onednn", "scipy"]
