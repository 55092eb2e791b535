"""Loss, gradients and ten AdamW steps of any model, in float32 and proven against float64."""

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F

from inputs import IGNORE

STEPS = 10
LossOf = Callable[[torch.nn.Module], torch.Tensor]
Named = dict[str, torch.Tensor]


def next_token_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the labels that are not IGNORE, after the one-token shift."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORE)


def trainable(model: torch.nn.Module) -> Named:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def gradients(model: torch.nn.Module, loss_of: LossOf) -> tuple[torch.Tensor, Named]:
    """The loss and its gradient for every trainable parameter."""
    model.zero_grad(set_to_none=True)
    loss = loss_of(model)
    loss.backward()
    grads = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in trainable(model).items()}
    return loss.detach(), {name: grad.detach().clone() for name, grad in grads.items()}


def ten_steps(model: torch.nn.Module, loss_of: LossOf) -> tuple[torch.Tensor, torch.Tensor, Named]:
    """Ten AdamW steps on the same loss: losses [10] and gradient norms [10] before each step, final parameters."""
    parameters = trainable(model).values()
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.01},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=1e-3, betas=(0.9, 0.999), eps=1e-8, foreach=False,
    )
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, 1.0))
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses), torch.stack(norms), {n: p.detach().clone() for n, p in trainable(model).items()}


def compute(model: torch.nn.Module, loss_of: LossOf, steps: bool) -> Named:
    loss, grads = gradients(model, loss_of)
    result = {"loss": loss, **{f"grad.{name}": grad for name, grad in grads.items()}}
    if steps:
        losses, norms, final = ten_steps(copy.deepcopy(model), loss_of)
        result |= {"losses": losses, "grad_norms": norms, **{f"final.{name}": p for name, p in final.items()}}
    return result


def golden_training(model: torch.nn.Module, loss_of: LossOf, steps: bool = True, vanishing=lambda name, t: None) -> Named:
    """`loss`, `grad.*` and, with `steps`, `losses`, `grad_norms`, `final.*`, computed in float32.

    `vanishing(name, tensor)` returns the slice of a parameter whose gradient is zero in theory (a key bias without RoPE
    shifts every score of a row alike, and softmax ignores that). Rounding noise there is replaced by the truth: zero
    gradient, and a final value equal to the initial one. The rest must agree with float64, or the case is badly conditioned.
    """
    initial = {name: parameter.detach().clone() for name, parameter in trainable(model).items()}
    result = compute(model, loss_of, steps)
    exact = compute(copy.deepcopy(model).double(), loss_of, steps)
    for values in (result, exact):
        for name in initial:
            noise = vanishing(name, values[f"grad.{name}"])
            if noise is None:
                continue
            assert noise.abs().max() < 1e-6, f"{name} was expected to have a vanishing gradient"
            noise.zero_()
            if steps:
                vanishing(name, values[f"final.{name}"]).copy_(vanishing(name, initial[name]))
    for name, value in result.items():
        error = (value - exact[name]).abs().max() / exact[name].abs().max().clamp(min=1e-30)
        assert error < 1e-5, f"{name}: float32 is {error:.1e} away from float64; choose another seed"
    return result
