"""Models taken apart: containers, hooks, state dicts renamed, a batch norm folded in, another head."""

from collections import OrderedDict
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.init import _calculate_correct_fan
from torch.nn.modules.utils import _ntuple


class Scaled(nn.Module):
    """Filters and scales; its weight had another name once."""

    def __init__(self, n_in, n_out, size):
        super().__init__()
        self.scales = nn.ParameterList([torch.ones(1) * i for i in range(1, 3)])
        self.weight = nn.Parameter(torch.empty(n_out, n_in, *_ntuple(2)(size)))
        nn.init.normal_(self.weight, std=_calculate_correct_fan(self.weight, "fan_in") ** -0.5)
        self.register_buffer("calls", torch.tensor(0), persistent=False)
        self._register_load_state_dict_pre_hook(self.rename)

    def rename(self, state_dict, prefix, *args):
        if prefix + "kernel" in state_dict:
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")

    def forward(self, x):
        self.calls += 1
        return F.conv2d(x, self.weight * self.scales[0] * self.scales[1], padding=1)


def net():
    parts = [("stem", Scaled(2, 6, 3)), ("norm", nn.BatchNorm2d(6)), ("act", nn.ReLU())]
    model = nn.Sequential(OrderedDict(parts)).append(nn.Conv2d(6, 4, 1))
    return model.extend([nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(4, 3)])


def watched(model, x, y):
    """Shapes, gradients and norms that hooks see in one pass."""
    seen, handles = OrderedDict(), []
    for name, module in model.named_modules():
        if not list(module.children()):
            hook = partial(lambda n, m, i, o: seen.__setitem__(n, o.detach().norm().item()), name)
            handles.append(module.register_forward_hook(hook))
    handles.append(model.register_forward_pre_hook(lambda m, args: (args[0] * 2,)))
    handles.append(model[-1].register_full_backward_pre_hook(lambda m, g: (g[0] * 0.5,)))
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    for handle in handles:
        handle.remove()
    return [loss.item(), *seen.values(), *[p.grad.norm().item() for p in model.parameters()]]


@torch.no_grad()
def folded(model):
    """The stem and its batch norm as one convolution."""
    stem, norm = model.stem, model.norm
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    fused = nn.Conv2d(2, 6, 3, padding=1)
    fused.weight.copy_(stem.weight * stem.scales[0] * stem.scales[1] * factor.view(-1, 1, 1, 1))
    fused.bias.copy_(norm.bias - norm.running_mean * factor)
    return nn.Sequential(fused, *list(model.children())[2:])


def main():
    torch.manual_seed(23)
    model, x, y = net(), torch.randn(6, 2, 8, 8), torch.randint(0, 3, (6,))
    values = watched(model, x, y)
    state = OrderedDict(
        (k.replace("stem.weight", "stem.kernel"), v) for k, v in model.state_dict().items()
    )
    state["extra"] = torch.ones(1)
    other = net()
    other.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.clear())
    assert str(other.load_state_dict(state)) == "<All keys matched successfully>"
    for m in (model.eval(), other.eval()):
        values.append(m(x).sum().item())
    small = folded(model)
    values.append((small(x) - model(x)).abs().max().item() < 1e-5)
    small[-1] = nn.Linear(small[-1].in_features, 5)
    values += [small(x).norm().item(), sum(p.numel() for p in small.parameters())]
    return [float(v) for v in [*values, model.stem.calls.item(), len(str(small).splitlines())]]


if __name__ == "__main__":
    print(main())
