"""Reinforcement learning: actor-critic over episodes, then clipped policy steps with advantages."""

from collections import namedtuple
from itertools import count
from typing import List, Tuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

SavedAction = namedtuple("SavedAction", ["log_prob", "value"])


class Corridor:
    def reset(self):
        self.x, self.t = np.array([0.0, 0.5], dtype=np.float32), 0
        return self.x

    def step(self, action):
        self.t += 1
        self.x = (self.x + np.float32([0.1, -0.05]) * (2 * action - 1)).astype(np.float32)
        return self.x, float(-abs(self.x[0] - 0.3)), self.t >= 10


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(2, 16)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)
        self.saved_actions: List[SavedAction] = []
        self.rewards: List[float] = []

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        x = F.relu(self.affine1(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


def select_action(model, state):
    probs, value = model(torch.from_numpy(state).float())
    action = torch.multinomial(probs, 1)
    entropy = -(probs * probs.log()).sum()
    log_prob = torch.log(probs.gather(0, action)).squeeze(0)
    model.saved_actions.append(SavedAction(log_prob + 0.01 * entropy, value))
    return action.item()


def finish_episode(model, optimizer, eps=np.finfo(np.float32).eps.item()):
    total, policy_losses, value_losses, returns = 0, [], [], []
    for reward in model.rewards[::-1]:
        total = reward + 0.99 * total
        returns.insert(0, total)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for (log_prob, value), wanted in zip(model.saved_actions, returns):
        policy_losses.append(-log_prob * (wanted - value.item()))
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([wanted])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:]
    del model.saved_actions[:]
    return loss.item()


def advantages(rewards, values, dones, gamma=0.99, lam=0.95):
    found, last = torch.zeros_like(rewards), 0.0
    for t in reversed(range(len(rewards))):
        following = values[t + 1] if t + 1 < len(rewards) else 0.0
        alive = 1.0 - dones[t].float()
        delta = rewards[t] + gamma * following * alive - values[t]
        found[t] = last = delta + gamma * lam * alive * last
    return found


def main():
    torch.manual_seed(543)
    env, model = Corridor(), Policy()
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(8):
        state = env.reset()
        for _ in count(1):
            state, reward, done = env.step(select_action(model, state))
            model.rewards.append(reward)
            if done:
                break
        losses.append(finish_episode(model, optimizer))
    states, rewards = torch.randn(20, 2), torch.rand(20)
    dones = torch.zeros(20, dtype=torch.bool)
    dones[9::10] = True
    with torch.no_grad():
        probs, values = model(states)
        values = values.squeeze(-1)
        actions = probs.argmax(-1)
        old = probs.log().gather(1, actions[:, None]).squeeze(1)
        gains = advantages(rewards, values, dones)
    for _ in range(2):
        for index in torch.randperm(20).split(10):
            probs, value = model(states[index])
            log_prob = probs.log().gather(1, actions[index].unsqueeze(-1)).squeeze(-1)
            ratio = (log_prob - old[index]).exp()
            clipped = torch.clamp(ratio, 1 - 0.2, 1 + 0.2)
            actor = -torch.min(ratio * gains[index], clipped * gains[index]).mean()
            critic = (gains[index] + values[index] - value.squeeze(-1)).pow(2).mean()
            loss = actor + 0.5 * critic
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)
            optimizer.step()
            losses += [loss.item(), ((ratio - 1).abs() > 0.01).float().mean().item()]
    return losses


if __name__ == "__main__":
    print(main())
