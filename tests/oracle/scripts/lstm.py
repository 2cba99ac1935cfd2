"""A classifier of sequences of words: Embedding, LSTM on packed sequences, own Dataset and collate."""

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler


class Sentences(Dataset):
    def __init__(self, n):
        self.samples = []
        for _ in range(n):
            length = torch.randint(2, 12, (1,)).item()
            words = torch.randint(1, 30, (length,))
            self.samples.append((words, int(words.float().mean() > 15)))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


def collate(batch):
    words, labels = zip(*batch)
    lengths = torch.tensor([len(w) for w in words])
    return pad_sequence(words, batch_first=True), lengths, torch.tensor(labels)


class Classifier(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_dim, num_classes):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        self.lstm = nn.LSTM(
            embed_dim, hidden_dim, num_layers=2, batch_first=True, bidirectional=True, dropout=0.2
        )
        self.head = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(2 * hidden_dim, 16), nn.Tanh(), nn.Linear(16, num_classes)
        )

    def forward(self, text, lengths):
        packed = pack_padded_sequence(
            self.embedding(text), lengths, batch_first=True, enforce_sorted=False
        )
        _, (hidden, _) = self.lstm(packed)
        return self.head(torch.cat((hidden[-2], hidden[-1]), dim=1))


def main():
    torch.manual_seed(0)
    data = Sentences(96)
    counts = torch.bincount(torch.tensor([label for _, label in data]), minlength=2)
    weights = [1.0 / counts[label].item() for _, label in data]
    sampler = WeightedRandomSampler(weights, num_samples=len(data), replacement=True)
    loader = DataLoader(data, batch_size=16, sampler=sampler, collate_fn=collate)
    model = Classifier(30, 8, 12, 2)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(4):
        running_loss = 0.0
        for text, lengths, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(text, lengths), labels)
            loss.backward()
            losses.append(clip_grad_norm_(model.parameters(), max_norm=0.5).item())
            optimizer.step()
            running_loss += loss.item() * labels.size(0)
        losses.append(running_loss / len(data))
    return losses


if __name__ == "__main__":
    print(main())
