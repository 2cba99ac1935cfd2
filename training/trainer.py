"""The epochs: steps over batches, evaluation, and a state that can be saved and taken up again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from retrograd import nn
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.random_state import get_rng_state, set_rng_state
from retrograd.autograd_core.tensor import Tensor
from retrograd.data import DataLoader
from retrograd.nn import functional as F
from retrograd.training.errors import RunError
from retrograd.training.progress import Progress


class Trainer:
    """A model, what trains it, and how far it is.

    Parameters
    ----------
    model : Module
        Gives logits (N, classes).
    optimizer, scheduler
        The scheduler steps once an epoch.
    loader : DataLoader
        Shuffled training batches.
    validation : Dataset
    device : str
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Any,
        scheduler: Any,
        loader: DataLoader,
        validation: Any,
        device: str,
    ):
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.loader, self.validation, self.device = loader, validation, device
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None
        self.best_loss = math.inf
        self.since_best = 0

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    def fit(self, epochs: int, patience: int | None, after_epoch: Callable[[], None]) -> bool:
        """Train up to `epochs`; True if before that `patience` epochs brought no better loss."""
        while self.epoch < epochs:
            if patience is not None and self.since_best >= patience:
                return True
            self._one_epoch(epochs)
            after_epoch()
        return False

    def _one_epoch(self, epochs: int) -> None:
        began = time.perf_counter()
        label = f"epoch {self.epoch + 1:>{len(str(epochs))}}/{epochs}"
        progress = Progress(label, len(self.loader.dataset))  # type: ignore[arg-type]
        self.model.train()
        total_loss = correct = 0.0
        for x, y in self.loader:
            loss, hits = self.step(x.to(self.device), y.to(self.device))
            total_loss += loss * len(x)
            correct += hits
            done = progress.done + len(x)
            progress.advance(len(x), total_loss / done, correct / done)
        rate = progress.rate
        self.scheduler.step()
        loss, accuracy, _ = evaluate(self.model, self.validation, self.device)
        self._check_finite("validation loss", loss)
        row = {
            "epoch": self.epoch + 1,
            "train_loss": total_loss / progress.done,
            "train_accuracy": correct / progress.done,
            "val_loss": loss,
            "val_accuracy": accuracy,
            "images_per_second": rate,
            "seconds": time.perf_counter() - began,
        }
        self.history.append(row)
        self._note_best(loss)
        progress.finish(
            f"loss {row['train_loss']:.4f} acc {row['train_accuracy']:6.1%}  "
            f"val loss {loss:.4f} acc {accuracy:6.1%}"
        )

    def step(self, x: Tensor, y: Tensor) -> tuple[float, int]:
        """One update on a batch; its loss, and how many predictions were right."""
        self.optimizer.zero_grad()
        logits = self.model(x)
        loss = F.cross_entropy(logits, y)
        value = loss.item()
        self._check_finite("loss", value)
        loss.backward()
        self.optimizer.step()
        return value, int((logits.argmax(1) == y).sum())

    def _check_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            kept = f"the checkpoint holds epoch {self.epoch}" if self.epoch else "nothing is saved"
            raise RunError(
                f"the {what} became {value} in epoch {self.epoch + 1}; {kept}. Look for values "
                "that are not finite in the data, or lower the learning rate with --lr"
            )

    def _note_best(self, loss: float) -> None:
        if loss < self.best_loss:
            self.best_loss, self.since_best = loss, 0
            self.best = {k: v.clone() for k, v in self.model.state_dict().items()}
        else:
            self.since_best += 1

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next epoch depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "random": get_rng_state(),
            "history": self.history,
            "best": self.best,
            "best_loss": self.best_loss,
            "since_best": self.since_best,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up where `state_dict` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        set_rng_state(state["random"])
        self.history, self.best = list(state["history"]), state["best"]
        self.best_loss, self.since_best = state["best_loss"], state["since_best"]


@no_grad()
def evaluate(
    model: nn.Module, data: Any, device: str, batch: int = 500
) -> tuple[float, float, list[list[int]]]:
    """Mean loss, accuracy and confusion matrix (rows: truth, columns: prediction)."""
    model.eval()
    total = 0.0
    matrix: list[list[int]] = []
    x_all, y_all = data.tensors
    for start in range(0, len(x_all), batch):
        x, y = x_all[start : start + batch].to(device), y_all[start : start + batch].to(device)
        logits = model(x)
        total += F.cross_entropy(logits, y, reduction="sum").item()
        classes = logits.shape[1]
        matrix = matrix or [[0] * classes for _ in range(classes)]
        for truth, guess in zip(y.tolist(), logits.argmax(1).tolist()):
            matrix[truth][guess] += 1
    right = sum(matrix[k][k] for k in range(len(matrix)))
    return total / len(x_all), right / len(x_all), matrix
