"""Custom functions and hooks: straight-through and reversed gradients, Grad-CAM, quantisation."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Function


class Binarize(Function):
    @staticmethod
    def forward(ctx, input, threshold=0.0):
        ctx.save_for_backward(input)
        return (input > threshold).float()

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad = grad_output.clone()
        grad[input.abs() > 1] = 0
        return grad, None


class GradReverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, *grad_output):
        return -ctx.factor * grad_output[0], None


class LinearFunction(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight, bias)
        out = x.mm(weight.t())
        if bias is not None:
            out += bias.unsqueeze(0).expand_as(out)
        return out

    @staticmethod
    def backward(ctx, grad_output):
        x, weight, bias = ctx.saved_tensors
        grad_x = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_x = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(x)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_x, grad_weight, grad_bias


class Exp(Function):
    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad):
        (result,) = ctx.saved_tensors
        return grad * result


class CustomLinear(nn.Module):
    def __init__(self, n_in, n_out, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_out, n_in))
        if bias:
            self.bias = nn.Parameter(torch.empty(n_out))
        else:
            self.register_parameter("bias", None)
        nn.init.uniform_(self.weight, -0.5, 0.5)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -0.1, 0.1)

    def forward(self, x):
        return LinearFunction.apply(x, self.weight, self.bias)


def adversarial_domains():
    body = nn.Sequential(CustomLinear(6, 8), nn.ReLU(), CustomLinear(8, 4, bias=False))
    label, domain = nn.Linear(4, 2), nn.Linear(4, 2)
    seen = {}

    def remember(name):
        def hook(module, input, output):
            seen[name] = output.detach()

        return hook

    handles = [m.register_forward_hook(remember(n)) for n, m in body.named_modules() if n]
    handles.append(body[0].register_forward_pre_hook(lambda m, args: (args[0] * 1.1,)))
    norms = []
    label.register_full_backward_hook(lambda m, g_in, g_out: norms.append(g_out[0].norm().item()))
    body[2].weight.register_hook(lambda g: g.clamp(-0.05, 0.05))
    parameters = [p for part in (body, label, domain) for p in part.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.2, momentum=0.9)
    x, y, d = torch.randn(20, 6), torch.randint(2, (20,)), torch.arange(20) % 2
    losses = []
    for _ in range(6):
        h = body(x)
        binary = Binarize.apply(h, 0.1).mean()
        adversary = F.cross_entropy(domain(GradReverse.apply(h, 0.3)), d)
        loss = F.cross_entropy(label(h), y) + adversary + 0.1 * binary + Exp.apply(-h).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    for handle in handles:
        handle.remove()
    kept = [t.norm().item() for t in seen.values()]
    seen.clear()
    body(x)
    assert not seen
    return [*losses, *norms, *kept]


class CamNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(inplace=True))
        self.classifier = nn.Linear(4, 3)
        self.gradients = None

    def forward(self, x):
        x = self.features(x)
        x.register_hook(lambda grad: setattr(self, "gradients", grad))
        return self.classifier(F.adaptive_avg_pool2d(x, 1).flatten(1))


def grad_cam():
    net, image = CamNet(), torch.randn(1, 1, 6, 6, requires_grad=True)
    prediction = net(image)
    prediction[:, prediction.argmax(1)].backward()
    weights = net.gradients.mean(dim=[0, 2, 3])
    activations = net.features(image).detach()
    for i in range(4):
        activations[:, i, :, :] *= weights[i]
    heat = torch.relu(activations.mean(dim=1).squeeze())
    heat /= torch.max(heat) + 1e-9
    adversary = image + 0.1 * image.grad.sign()
    return [*heat.flatten().tolist(), net(adversary).sum().item()]


def quantised():
    book = nn.Embedding(6, 4)
    book.weight.data.uniform_(-1 / 6, 1 / 6)
    encoder = nn.Linear(3, 4)
    optimizer = torch.optim.Adam([*encoder.parameters(), *book.parameters()], lr=0.05)
    x = torch.randn(16, 3)
    losses = []
    for _ in range(6):
        z = encoder(x)
        z.retain_grad()
        flat = book.weight
        distances = z.pow(2).sum(1, keepdim=True) + flat.pow(2).sum(1) - 2 * z @ flat.t()
        index = distances.argmin(1).unsqueeze(1)
        one_hot = torch.zeros(index.shape[0], 6).scatter_(1, index, 1)
        q = one_hot @ flat
        loss = F.mse_loss(q.detach(), z) * 0.25 + F.mse_loss(q, z.detach())
        q = z + (q - z).detach()
        loss = loss + (q - x.sum(1, keepdim=True)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        usage = one_hot.mean(0)
        perplexity = torch.exp(-torch.sum(usage * torch.log(usage + 1e-10)))
        losses += [loss.item(), perplexity.item(), z.grad.norm().item()]
    return losses


def refused():
    """What scripts rely on to be an error."""
    t, leaf = torch.zeros(2, 3), torch.ones(3, requires_grad=True)
    twice = (leaf**2).sum()
    twice.backward()
    net = nn.Linear(3, 4)
    cases = [
        (RuntimeError, lambda: leaf.add_(1)),
        (RuntimeError, lambda: (leaf * 2).backward()),
        (RuntimeError, lambda: twice.backward()),
        (RuntimeError, lambda: leaf.numpy()),
        (RuntimeError, lambda: t.sum().backward()),
        (RuntimeError, lambda: bool(t)),
        (RuntimeError, lambda: t @ t),
        (RuntimeError, lambda: t + torch.zeros(2, 4)),
        (RuntimeError, lambda: net(torch.ones(2, 5))),
        (RuntimeError, lambda: net.load_state_dict({"weight": torch.ones(4, 3)})),
        (RuntimeError, lambda: t.t().view(-1)),
        (IndexError, lambda: t[2]),
        (IndexError, lambda: t.sum(2)),
        (AttributeError, lambda: net.missing),
        (TypeError, lambda: net()),
        (ValueError, lambda: torch.optim.SGD([], lr=0.1)),
        (ValueError, lambda: F.cross_entropy(torch.ones(2, 3), torch.ones(3).long())),
    ]
    count = 0
    for error, case in cases:
        try:
            case()
        except error:
            count += 1
    return [count]


def main():
    torch.manual_seed(0)
    checked = torch.randn(4, 3, dtype=torch.double, requires_grad=True)
    weight = torch.randn(2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(LinearFunction.apply, (checked, weight))
    torch.manual_seed(1)
    return adversarial_domains() + grad_cam() + quantised() + refused()


if __name__ == "__main__":
    print(main())
