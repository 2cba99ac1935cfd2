"""`summary`: a model as a tree with output shapes, parameters and what the backward pass keeps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from math import prod
from typing import Any

from retrograd.autograd_core.creation import zeros
from retrograd.autograd_core.modes import enable_grad, no_grad
from retrograd.backends.random import default_generator
from retrograd.nn.module import Module
from retrograd.viz.graph import format_bytes, format_count, format_shape
from retrograd.viz.trace import named_tensors, saved_bytes_by_call
from retrograd.viz.watch import Watch

HEADINGS = ("module", "output", "parameters", "saved for backward")


@dataclass(frozen=True, slots=True)
class Row:
    """One module: its place in the tree and its own figures, without its submodules'."""

    branch: str
    name: str
    type: str
    output: str
    calls: int
    parameters: int
    saved_bytes: int

    def cells(self) -> tuple[str, str, str, str]:
        """The texts of the four columns."""
        title = f"{self.name}: {self.type}" if self.name else self.type
        times = f"  ×{self.calls}" if self.calls > 1 else ""
        return (
            self.branch + title,
            self.output + times,
            format_count(self.parameters) if self.parameters else "–",
            format_bytes(self.saved_bytes) if self.saved_bytes else "–",
        )


@dataclass(slots=True)
class Summary:
    """The rows and totals of `summary`; prints as text and shows itself as a table in notebooks."""

    rows: list[Row]
    parameters: int
    trainable: int
    parameter_bytes: int
    saved_bytes: int
    notes: list[str] = field(default_factory=list)

    def totals(self) -> list[str]:
        """The lines below the table."""
        frozen = self.parameters - self.trainable
        split = f" ({format_count(self.trainable)} trainable, {format_count(frozen)} frozen)"
        count = format_count(self.parameters) + (split if frozen else "")
        return [
            f"parameters: {count}, {format_bytes(self.parameter_bytes)}",
            f"saved for backward: {format_bytes(self.saved_bytes)}",
            *self.notes,
        ]

    def __str__(self) -> str:
        table = [HEADINGS, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}".rstrip()
            for a, b, c, d in table
        ]
        rule = "─" * (sum(widths) + 6)
        return "\n".join([lines[0], rule, *lines[1:], rule, *self.totals()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        left, right = "text-align:left", "text-align:right"
        sides = (f"{left};white-space:pre;font-family:ui-monospace,monospace", left, right, right)

        def line(cells: Sequence[str], tag: str) -> str:
            parts = zip(sides, cells, strict=True)
            inside = "".join(f'<{tag} style="{side}">{escape(c)}</{tag}>' for side, c in parts)
            return f"<tr>{inside}</tr>"

        head, body = line(HEADINGS, "th"), "".join(line(row.cells(), "td") for row in self.rows)
        foot = "<br>".join(escape(total) for total in self.totals())
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table><p>{foot}</p>"


def summary(model: Module, input: Any = None, *, input_size: Any = None) -> Summary:
    """Describe a model as a tree, by running it once; that leaves no trace in the model.

    Parameters
    ----------
    model : Module
        The model, run in the mode that it is in.
    input : Tensor or tuple of arguments, optional
        What to call it with.
    input_size : tuple of int, or list of those, optional
        Instead of `input`: the shape of a float32 argument of zeros, or the shapes of several.

    Returns
    -------
    Summary
        Its rows give each module's output shape, own parameters (shared ones once), and the bytes
        that its operations keep for the backward pass; text by ``str``, a table in notebooks.

    Raises
    ------
    TypeError
        If neither or both of `input` and `input_size` are given.

    Examples
    --------
    >>> model = rg.nn.Sequential(rg.nn.Linear(4, 3), rg.nn.ReLU())
    >>> [row.parameters for row in rg.viz.summary(model, input_size=(8, 4)).rows]
    [0, 15, 0]
    """
    if (input is None) == (input_size is None):
        raise TypeError("summary: give either input=, a Tensor, or input_size=, a shape")
    args = _arguments(model, input, input_size)
    shapes: dict[str, list[str]] = defaultdict(list)
    seen = _run(model, args, shapes)
    rows = list(_rows(model, shapes, seen))
    parameters = list(model.parameters())
    return Summary(
        rows,
        sum(prod(p.shape) for p in parameters),
        sum(prod(p.shape) for p in parameters if p.requires_grad),
        sum(p.nbytes for p in parameters),
        sum(row.saved_bytes for row in rows),
    )


def _arguments(model: Module, input: Any, input_size: Any) -> tuple[Any, ...]:
    if input is not None:
        return input if isinstance(input, tuple) else (input,)
    sizes = [input_size] if all(isinstance(n, int) for n in input_size) else list(input_size)
    device = next((p.device for p in model.parameters()), None)
    return tuple(zeros(*size, device=device) for size in sizes)


def _run(model: Module, args: tuple[Any, ...], shapes: dict[str, list[str]]) -> dict[str, int]:
    """Call the model, note output shapes by path, put state back; saved bytes by path."""

    def note(path: str) -> Any:
        def hook(module: Module, args: Any, output: Any) -> None:
            tensors = [format_shape(t.shape) for _, t in named_tensors(output, "")]
            shapes[path].append(", ".join(tensors[:3]) + (", …" if len(tensors) > 3 else ""))

        return hook

    handles = [m.register_forward_hook(note(path)) for path, m in model.named_modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    random_state = default_generator.get_state()
    try:
        with enable_grad(), Watch(model) as watch:
            outputs = model(*args)
        return saved_bytes_by_call(outputs, watch)
    finally:
        for handle in handles:
            handle.remove()
        default_generator.set_state(random_state)
        with no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


def _rows(model: Module, shapes: dict[str, list[str]], saved: dict[str, int]) -> Iterator[Row]:
    """Modules in the order of the tree, with branches drawn."""
    counted: Counter[int] = Counter()
    stack: list[tuple[str, str, str, str, Module]] = [("", "", "", "", model)]
    while stack:
        branch, below, path, name, module = stack.pop()
        own = 0
        for p in module.parameters(recurse=False):
            own += 0 if counted[id(p)] else prod(p.shape)
            counted[id(p)] += 1
        calls = shapes.get(path, [])
        output = calls[0] if calls else "not called"
        kind = type(module).__name__
        yield Row(branch, name, kind, output, len(calls), own, saved.get(path, 0))
        children = list(module.named_children())
        for i, (key, child) in reversed(list(enumerate(children))):
            last = i == len(children) - 1
            stack.append((
                below + ("└─ " if last else "├─ "),
                below + ("   " if last else "│  "),
                f"{path}.{key}" if path else key,
                key,
                child,
            ))  # fmt: skip
