"""A small language model: TransformerEncoder with a causal mask, AdamW, OneCycleLR, weight groups."""

import math

import torch
import torch.nn as nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=100):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(0)])


class LanguageModel(nn.Module):
    def __init__(self, ntoken, d_model, nhead, d_hid, nlayers, dropout=0.1):
        super().__init__()
        self.pos_encoder = PositionalEncoding(d_model, dropout)
        layer = nn.TransformerEncoderLayer(d_model, nhead, d_hid, dropout, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, nlayers, enable_nested_tensor=False)
        self.embedding = nn.Embedding(ntoken, d_model)
        self.d_model = d_model
        self.linear = nn.Linear(d_model, ntoken)
        self.init_weights()

    def init_weights(self):
        initrange = 0.1
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.linear.bias.data.zero_()
        self.linear.weight.data.uniform_(-initrange, initrange)

    def forward(self, src, src_mask):
        src = self.pos_encoder(self.embedding(src) * math.sqrt(self.d_model))
        return self.linear(self.encoder(src, src_mask))


def batchify(data, bsz):
    seq_len = data.size(0) // bsz
    return data[: seq_len * bsz].view(bsz, seq_len).t().contiguous()


def main():
    torch.manual_seed(3)
    ntokens, bptt = 20, 10
    text = batchify((torch.arange(400) * 7 + torch.randint(0, 3, (400,))) % ntokens, 8)
    model = LanguageModel(ntokens, 16, 2, 32, 2)
    decay = [p for n, p in model.named_parameters() if p.dim() > 1]
    others = [p for n, p in model.named_parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=1e-3
    )
    steps = 3 * math.ceil((text.size(0) - 1) / bptt)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    criterion = nn.CrossEntropyLoss()
    losses = []
    for _ in range(3):
        model.train()
        for i in range(0, text.size(0) - 1, bptt):
            seq_len = min(bptt, len(text) - 1 - i)
            data, targets = text[i : i + seq_len], text[i + 1 : i + 1 + seq_len].reshape(-1)
            mask = torch.triu(torch.ones(seq_len, seq_len) * float("-inf"), diagonal=1)
            loss = criterion(model(data, mask).view(-1, ntokens), targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            scheduler.step()
            losses += [loss.item(), scheduler.get_last_lr()[0]]
        model.eval()
        with torch.no_grad():
            mask = nn.Transformer.generate_square_subsequent_mask(len(text))
            losses.append(math.exp(model(text, mask).logsumexp(-1).mean().item()))
    return losses


if __name__ == "__main__":
    print(main())
