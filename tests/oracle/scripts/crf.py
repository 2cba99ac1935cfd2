"""Tagging: a conditional random field over a bidirectional LSTM, batched, with Viterbi decoding."""

import torch
import torch.nn as nn
from torch import Tensor, optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


class CRF(nn.Module):
    def __init__(self, tags: int):
        super().__init__()
        self.start, self.end = (nn.Parameter(torch.empty(tags)) for _ in range(2))
        self.moves = nn.Parameter(torch.empty(tags, tags))
        for p in self.parameters():
            nn.init.uniform_(p, -0.1, 0.1)

    def score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        rows = torch.arange(tags.size(1))
        score = self.start[tags[0]] + emissions[0, rows, tags[0]]
        for i in range(1, len(tags)):
            step = self.moves[tags[i - 1], tags[i]] + emissions[i, rows, tags[i]]
            score += step * mask[i]
        last = mask.long().sum(dim=0) - 1
        return score + self.end[tags[last, rows]]

    def partition(self, emissions: Tensor, mask: Tensor) -> Tensor:
        score = self.start + emissions[0]
        for i in range(1, len(emissions)):
            following = score.unsqueeze(2) + self.moves + emissions[i].unsqueeze(1)
            score = torch.where(mask[i].unsqueeze(1), torch.logsumexp(following, dim=1), score)
        return torch.logsumexp(score + self.end, dim=1)

    def forward(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        return (self.partition(emissions, mask) - self.score(emissions, tags, mask)).mean()

    @torch.no_grad()
    def decode(self, emissions: Tensor, mask: Tensor) -> list[list[int]]:
        score, history = self.start + emissions[0], []
        for i in range(1, len(emissions)):
            best, origin = (score.unsqueeze(2) + self.moves).max(dim=1)
            score = torch.where(mask[i].unsqueeze(1), best + emissions[i], score)
            history.append(origin)
        paths = []
        for b, length in enumerate(mask.sum(0).tolist()):
            path = [(score[b] + self.end).argmax().item()]
            for origin in reversed(history[: length - 1]):
                path.insert(0, origin[b][path[0]].item())
            paths.append(path)
        return paths


class Tagger(nn.Module):
    def __init__(self, vocab=12, tags=4, hidden=8):
        super().__init__()
        self.embed = nn.Embedding(vocab, hidden, padding_idx=0)
        self.lstm = nn.LSTM(hidden, hidden // 2, bidirectional=True)
        self.fc, self.crf = nn.Linear(hidden, tags), CRF(tags)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embed(x), lengths, enforce_sorted=False)
        return self.fc(pad_packed_sequence(self.lstm(packed)[0])[0])


def main():
    torch.manual_seed(15)
    words = [torch.randint(1, 12, (int(n),)) for n in torch.randint(2, 8, (10,))]
    lengths = torch.tensor([len(w) for w in words])
    x, y = pad_sequence(words), pad_sequence([(w + w.roll(1)) % 4 for w in words])
    mask = torch.arange(len(x)).unsqueeze(1) < lengths
    model = Tagger()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(8):
        loss = model.crf(model(x, lengths), y, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    paths = model.crf.decode(model(x, lengths), mask)
    right = sum(p == t for path, row in zip(paths, y.T.tolist()) for p, t in zip(path, row))
    return [*losses, right, *paths[0], *model.crf.moves.detach().flatten().tolist()]


if __name__ == "__main__":
    print(main())
