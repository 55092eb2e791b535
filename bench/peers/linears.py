"""Four ways to multiply few rows by a large matrix in torch. Which is fastest depends on the CPU and on the batch."""

import torch
from torch import Tensor, nn

KINDS = ("rows", "columns", "transposed", "packed")


class ColumnLinear(nn.Module):
    """(W·xᵀ)ᵀ: MKL threads over the large side of the product."""

    def __init__(self, linear: nn.Linear):
        super().__init__()
        self.weight = linear.weight

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        return (self.weight @ rows.t()).t().view(*x.shape[:-1], -1)


class PackedLinear(nn.Module):
    """oneDNN with the weight packed once for a number of rows, as torch's compiler does."""

    def __init__(self, linear: nn.Linear, rows: int):
        super().__init__()
        self.packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), rows)

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x.contiguous(), self.packed, None, "none", [], "")


def convert(linear: nn.Linear, kind: str, rows: int) -> nn.Module:
    if kind == "columns":
        return ColumnLinear(linear)
    if kind == "packed":
        return PackedLinear(linear, rows)
    if kind == "transposed":  # the same numbers, stored as [in, out]
        linear.weight = nn.Parameter(linear.weight.detach().t().contiguous().t(), requires_grad=False)
    return linear


def convert_all(model: nn.Module, kind: str, rows: int) -> None:
    """Replace every linear layer of the model in place."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, convert(child, kind, rows))
