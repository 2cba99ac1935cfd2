"""Boxes: overlaps, assignment, focal and smooth losses, suppression, peaks of a heat map."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def box_iou(a, b):
    left_top = torch.max(a[:, None, :2], b[:, :2])
    right_bottom = torch.min(a[:, None, 2:], b[:, 2:])
    width, height = (right_bottom - left_top).clamp(min=0).unbind(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b)]
    return width * height / (areas[0][:, None] + areas[1] - width * height)


def nms(boxes, scores, threshold=0.3):
    keep, order = [], scores.argsort(descending=True)
    while order.numel() > 0:
        keep.append(order[0].item())
        overlap = box_iou(boxes[order[:1]], boxes[order[1:]])[0]
        order = order[1:][overlap <= threshold]
    return keep


def assign(iou, high=0.4, low=0.2):
    best, which = iou.max(dim=0)
    labels = torch.full(best.shape, -1, dtype=torch.int64)
    labels[best < low] = 0
    labels.masked_fill_(best >= high, 1)
    labels[iou.argmax(dim=1)] = 1
    return labels, which


def focal(logits, targets, alpha=0.25, gamma=2.0):
    p = torch.sigmoid(logits)
    ce = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    p_t = p * targets + (1 - p) * (1 - targets)
    return ((alpha * targets + (1 - alpha) * (1 - targets)) * ce * (1 - p_t) ** gamma).sum()


def main():
    torch.manual_seed(20)
    corners = torch.rand(30, 2)
    anchors = torch.cat([corners, corners + 0.2 + 0.3 * torch.rand(30, 2)], dim=1)
    truth = anchors[[3, 11]] + 0.02
    labels, which = assign(box_iou(truth, anchors))
    head = nn.Linear(4, 5)
    optimizer = torch.optim.Adam(head.parameters(), 0.05)
    values = [labels.eq(k).sum().item() for k in (-1, 0, 1)]
    for _ in range(5):
        score, shift = head(anchors).split([1, 4], dim=1)
        used, positive = labels >= 0, labels > 0
        loss = focal(score.squeeze(1)[used], labels[used].float()) / max(1, int(positive.sum()))
        moved = anchors[positive] + shift[positive]
        loss = loss + F.smooth_l1_loss(moved, truth[which[positive]], beta=0.1, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    heat = torch.rand(2, 3, 6, 6)
    peaks = (F.max_pool2d(heat, 3, stride=1, padding=1) == heat).nonzero()
    y = torch.div(heat.flatten(2).argmax(-1), 6, rounding_mode="floor")
    return [
        *values,
        *nms(anchors, score[:, 0]),
        len(peaks),
        *peaks.sum(0).tolist(),
        *y.sum(0).tolist(),
    ]


if __name__ == "__main__":
    print(main())
