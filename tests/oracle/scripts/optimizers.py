"""Optimizers and schedules as users write them: SAM, Lion, a wrapper for warm-up, a subclassed schedule."""

import copy

import torch
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, ReduceLROnPlateau, _LRScheduler
from torch.optim.optimizer import Optimizer
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from torch.utils.data import DataLoader, TensorDataset


class SAM(torch.optim.Optimizer):
    def __init__(self, params, base_optimizer, rho=0.05, **kwargs):
        assert rho >= 0.0, f"Invalid rho: {rho}"
        super(SAM, self).__init__(params, dict(rho=rho, **kwargs))
        self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
        self.param_groups = self.base_optimizer.param_groups
        self.defaults.update(self.base_optimizer.defaults)

    def trained(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    yield group, p

    @torch.no_grad()
    def first_step(self):
        norm = torch.norm(torch.stack([p.grad.norm(p=2) for _, p in self.trained()]), p=2)
        for group, p in self.trained():
            self.state[p]["old_p"] = p.data.clone()
            p.add_(p.grad * (group["rho"] / (norm + 1e-12)))
        self.zero_grad()

    @torch.no_grad()
    def step(self, closure=None):
        closure = torch.enable_grad()(closure)
        self.first_step()
        loss = closure()
        for _, p in self.trained():
            p.data = self.state[p]["old_p"]
        self.base_optimizer.step()
        return loss


class Lion(Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        if not 0.0 <= lr:
            raise ValueError("Invalid learning rate: {}".format(lr))
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data.mul_(1 - group["lr"] * group["weight_decay"])
                grad, state, (beta1, beta2) = p.grad, self.state[p], group["betas"]
                if len(state) == 0:
                    state["m"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                update = state["m"] * beta1 + grad * (1 - beta1)
                p.add_(update.sign_(), alpha=-group["lr"])
                state["m"].mul_(beta2).add_(grad, alpha=1 - beta2)
        return loss


class Noam:
    """Sets the rate of the optimizer that it wraps."""

    def __init__(self, width, warmup, optimizer):
        self.optimizer, self.warmup, self.width, self.count = optimizer, warmup, width, 0

    def step(self):
        self.count += 1
        rate = self.width**-0.5 * min(self.count**-0.5, self.count * self.warmup**-1.5)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()

    def zero_grad(self):
        self.optimizer.zero_grad()


class WarmupLR(_LRScheduler):
    def __init__(self, optimizer, steps, last_epoch=-1):
        self.steps = steps
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        return [base * min(1.0, (self.last_epoch + 1) / self.steps) for base in self.base_lrs]


def init_weights(m):
    if type(m) == nn.Linear:  # noqa: E721
        torch.nn.init.xavier_uniform_(m.weight, gain=nn.init.calculate_gain("relu"))
        m.bias.data.fill_(0.01)


def network():
    net = nn.Sequential(nn.Linear(3, 6), nn.LayerNorm(6), nn.ReLU(), nn.Linear(6, 1))
    net.apply(init_weights)
    return net


def sharpness_aware(x, y):
    net = network()
    optimizer = SAM(net.parameters(), optim.SGD, lr=0.05, momentum=0.9)
    schedule = WarmupLR(optimizer.base_optimizer, 3)
    losses = []
    for _ in range(5):

        def closure():
            loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
            return loss

        losses.append(closure().item())
        optimizer.step(closure)
        optimizer.zero_grad()
        schedule.step()
        losses.extend(schedule.get_last_lr())
    return losses


def lion(x, y):
    net = network()
    optimizer = Lion(net.parameters(), lr=1e-2, weight_decay=0.1)
    plateau = ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=0, threshold=0.2)
    assert isinstance(plateau, LRScheduler)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.l1_loss(net(x), y)
        loss.backward()
        return loss

    for i in range(6):
        losses.append(optimizer.step(closure).item())
        plateau.step(losses[-1])
        losses.append(optimizer.param_groups[0]["lr"])
        if i == 2:
            state = copy.deepcopy(optimizer.state_dict())
            optimizer = Lion(net.parameters())
            optimizer.load_state_dict(state)
            plateau.optimizer = optimizer
    return losses


def noam(x, y):
    net = network()
    wrapped = Noam(16, 4, optim.Adam(net.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-7))
    losses = []
    for _ in range(4):
        loss = ((net(x) - y) ** 2).mean()
        wrapped.zero_grad()
        loss.backward()
        wrapped.step()
        losses.append(loss.item())
    return losses


def averaged(x, y):
    net = nn.Sequential(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    decay = [p for name, p in net.named_parameters() if p.ndim > 1 and not name.endswith("bias")]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": 0.01}, {"params": others, "lr": 0.05}]
    optimizer = optim.SGD(groups, lr=0.1)
    schedule = LambdaLR(optimizer, [lambda epoch: 0.95**epoch, lambda epoch: 1 / (1 + epoch)])
    mean, late = AveragedModel(net), SWALR(optimizer, swa_lr=0.05, anneal_epochs=2)
    ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    loader = DataLoader(TensorDataset(x, y), batch_size=10, shuffle=True)
    losses = []
    for epoch in range(4):
        for a, b in loader:
            loss = nn.functional.mse_loss(net(a), b) / 2
            loss.backward()
            ema.update_parameters(net)
        optimizer.step()
        optimizer.zero_grad()
        if epoch > 1:
            mean.update_parameters(net)
            late.step()
        else:
            schedule.step()
        losses += [loss.item(), *(group["lr"] for group in optimizer.param_groups)]
    update_bn(loader, mean)
    update_bn(loader, ema)
    for model in (mean, ema):
        model.eval()
        losses.append(nn.functional.mse_loss(model(x), y).item())
    return losses


def main():
    torch.manual_seed(1)
    x = torch.randn(40, 3)
    y = torch.sin(x.sum(1, keepdim=True))
    return sharpness_aware(x, y) + lion(x, y) + noam(x, y) + averaged(x, y)


if __name__ == "__main__":
    print(main())
