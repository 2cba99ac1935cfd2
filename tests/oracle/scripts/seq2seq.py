"""Reversing words: GRU encoder, attention decoder with teacher forcing, greedy decoding, plateau."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

PAD, SOS, EOS = 0, 1, 2


class Encoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden, padding_idx=PAD)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.gru(self.dropout(self.embedding(x)))


class Decoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden, padding_idx=PAD)
        self.Wa, self.Ua = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)
        self.Va = nn.Linear(hidden, 1)
        self.cell = nn.GRUCell(2 * hidden, hidden)
        self.out = nn.Linear(hidden, vocab)
        self.out.weight = self.embedding.weight

    def step(self, token, hidden, memory, mask):
        scores = self.Va(torch.tanh(self.Wa(hidden).unsqueeze(1) + self.Ua(memory))).squeeze(2)
        weights = F.softmax(scores.masked_fill(mask, float("-inf")), dim=-1)
        context = torch.bmm(weights.unsqueeze(1), memory).squeeze(1)
        hidden = self.cell(torch.cat((self.embedding(token), context), dim=1), hidden)
        return F.log_softmax(self.out(hidden), dim=-1), hidden, weights

    def forward(self, memory, hidden, mask, target, teacher):
        token = torch.full((memory.size(0),), SOS, dtype=torch.long)
        outputs = []
        for t in range(target.size(1)):
            output, hidden, _ = self.step(token, hidden, memory, mask)
            outputs.append(output)
            _, top = output.topk(1)
            token = target[:, t] if teacher else top.squeeze(-1).detach()
        return torch.stack(outputs, dim=1)


def make_data(n):
    pairs = []
    for _ in range(n):
        word = torch.randint(3, 12, (int(torch.randint(2, 6, ())),))
        pairs.append((word, torch.cat([word.flip(0), torch.tensor([EOS])])))
    pad = nn.utils.rnn.pad_sequence
    return tuple(pad(list(p), batch_first=True, padding_value=PAD) for p in zip(*pairs))


def main():
    torch.manual_seed(4)
    random.seed(4)
    source, target = make_data(40)
    encoder, decoder = Encoder(12, 16), Decoder(12, 16)
    parameters = list(encoder.parameters()) + list(decoder.parameters())
    optimizer = optim.Adam(parameters, lr=0.01, amsgrad=True)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    criterion = nn.NLLLoss(ignore_index=PAD)
    history = []
    for _ in range(5):
        total = 0.0
        for x, y in zip(source.split(10), target.split(10)):
            memory, hidden = encoder(x)
            outputs = decoder(memory, hidden[-1], x == PAD, y, random.random() < 0.6)
            loss = criterion(outputs.flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(parameters, 0.1)
            optimizer.step()
            total += loss.item()
            history.append(loss.item())
        scheduler.step(total)
        history.append(optimizer.param_groups[0]["lr"])
    encoder.eval()
    with torch.no_grad():
        memory, hidden = encoder(source)
        outputs = decoder(memory, hidden[-1], source == PAD, target, False)
        keep = target != PAD
        history.append((outputs.argmax(-1)[keep] == target[keep]).float().mean().item())
        history.append(outputs[keep].exp().max(-1)[0].mean().item())
    return history


if __name__ == "__main__":
    print(main())
