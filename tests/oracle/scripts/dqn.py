"""Q-learning on a small corridor: replay memory, target network, gather, soft updates, Huber loss."""

import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.optim as optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque(maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, 16)
        self.value = nn.Linear(16, 1)
        self.advantage = nn.Linear(16, n_actions)

    def forward(self, x):
        x = torch.relu(self.layer1(x))
        a = self.advantage(x)
        return self.value(x) + a - a.mean(dim=1, keepdim=True)


def optimize(memory, policy_net, target_net, optimizer):
    transitions = memory.sample(16)
    batch = Transition(*zip(*transitions))
    non_final_mask = torch.tensor([s is not None for s in batch.next_state], dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch = torch.cat(batch.state), torch.cat(batch.action)
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(16)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected = (next_state_values * 0.9) + torch.cat(batch.reward)
    loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 0.5)
    optimizer.step()
    return loss.item()


def main():
    torch.manual_seed(8)
    random.seed(8)
    policy_net, target_net = DQN(3, 2), DQN(3, 2)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-3, amsgrad=True)
    memory, losses, position = ReplayMemory(200), [], 0
    for step in range(80):
        state = torch.tensor([[position / 5, 1.0, (-1) ** step]], dtype=torch.float32)
        if random.random() > 0.5 * 0.97**step:
            with torch.no_grad():
                action = policy_net(state).max(1).indices.view(1, 1)
        else:
            action = torch.tensor([[random.randrange(2)]], dtype=torch.long)
        position += 1 if action.item() == 1 else -1
        done = abs(position) >= 5
        reward = torch.tensor([1.0 if position >= 5 else -0.1])
        next_state = None if done else torch.tensor([[position / 5, 1.0, -((-1.0) ** step)]])
        memory.push(state, action, next_state, reward)
        position = 0 if done else position
        if len(memory) >= 20:
            losses.append(optimize(memory, policy_net, target_net, optimizer))
            target, policy = target_net.state_dict(), policy_net.state_dict()
            for key in policy:
                target[key] = policy[key] * 0.05 + target[key] * 0.95
            target_net.load_state_dict(target)
    return losses


if __name__ == "__main__":
    print(main())
