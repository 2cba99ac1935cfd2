"""The engine: Tensor, Op, graph node, backward pass, grad modes and derivatives."""
