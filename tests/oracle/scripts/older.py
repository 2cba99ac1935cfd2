"""A script of PyTorch 0.3 that still runs: Variable, FloatTensor, new(), svd, inits without underscore."""

import copy
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable
from torch.optim import lr_scheduler

Tensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            nn.init.xavier_normal(m.weight.data)
            nn.init.constant(m.bias.data, 0.1)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.rnn = nn.GRU(4, 6)
        self.fc = nn.Linear(6, 3)

    def init_hidden(self, bsz):
        weight = next(self.parameters()).data
        return Variable(weight.new(1, bsz, 6).zero_())

    def forward(self, x, hidden):
        output, hidden = self.rnn(x, hidden)
        return self.fc(output[-1]), hidden


class Polynomial(lr_scheduler._LRScheduler):
    def __init__(self, optimizer, steps, last_epoch=-1):
        self.steps = steps
        super(Polynomial, self).__init__(optimizer, last_epoch)

    def get_lr(self):
        return [base * (1 - self.last_epoch / self.steps) for base in self.base_lrs]


class Momentum(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super(Momentum, self).__init__(params, dict(lr=lr))

    def __setstate__(self, state):
        super(Momentum, self).__setstate__(state)
        for group in self.param_groups:
            group.setdefault("decay", 0.9)

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                d_p = p.grad.data
                state = self.state[p]
                if "buffer" not in state:
                    state["buffer"] = d_p.new(d_p.size()).zero_()
                state["buffer"].mul_(group.get("decay", 0.5)).add_(d_p)
                p.data.add_(state["buffer"], alpha=-group["lr"])


def main():
    torch.manual_seed(18)
    model = nn.DataParallel(Net().apply(weights_init))
    optimizer = Momentum(model.parameters())
    scheduler = Polynomial(optimizer, 8)
    data = Tensor(5, 12, 4).normal_()
    target = data.sum(2)[-1].gt(0).long() + data[0, :, 0].gt(1).type(torch.LongTensor)
    values = []
    for step in range(6):
        x, y = Variable(data), Variable(target)
        output, hidden = model(x, model.module.init_hidden(12))
        loss = F.nll_loss(F.log_softmax(output, dim=1), y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step == 2:
            optimizer.load_state_dict(optimizer.state_dict())
        values += [loss.data.item(), optimizer.param_groups[0]["lr"], hidden.data.norm().item()]
    fast = copy.deepcopy(model)
    assert all(p.grad is None for p in fast.parameters())
    _, predicted = torch.max(output.data, 1)
    U, S, V = torch.svd(data[0] - data[0].mean(0).expand_as(data[0]))
    scores = torch.mm(torch.mm(U, torch.diag(S)), V.t()).pow(2).sum()
    total = predicted.eq(target).cpu().sum().item()
    mixed = torch.tensor([[torch.tensor(1.5), 2], [S[0].detach(), 4]])
    assert mixed.type() == S.type()
    clipped = mixed.clone().apply_(lambda v: min(v, 3.0)).sum()
    return [*values, total, *S.tolist(), scores.item(), clipped.item()]


if __name__ == "__main__":
    print(main())
