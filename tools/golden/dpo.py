"""Direct preference optimization: every loss on the same pairs, against a reference with other weights."""

import copy
from pathlib import Path

import torch
import torch.nn.functional as F

from causal import build, llama_config
from files import write_golden, write_model
from inputs import padded_batch, randomize
from training import Named, golden_training

SEED = 600
PROMPTS = (4, 3, 2)
VARIANTS = {
    "sigmoid": {"beta": 0.1},
    "smoothed": {"beta": 0.1, "label_smoothing": 0.1},
    "hinge": {"beta": 0.25},
    "ipo": {"beta": 0.25},
    "sigmoid_norm": {"beta": 2.0},
    "robust": {"beta": 0.3, "label_smoothing": 0.1},
    "apo_zero": {"beta": 0.1},
    "apo_down": {"beta": 0.1},
    "simpo": {"beta": 2.0, "simpo_gamma": 0.5},
    "cpo": {"beta": 0.1, "nll": 1.0},
    "orpo": {"beta": 0.2, "nll": 1.0},
    "rpo": {"beta": 0.1, "nll": 0.5},
}
# Without a reference, scores are log-probabilities.
REFERENCE_FREE = ("simpo", "cpo", "orpo")


def pairs_batch(vocab: int) -> tuple[Named, Named]:
    """Chosen and rejected rows [P, T] that begin with the same prompt."""
    chosen = padded_batch(vocab, SEED, lengths=(12, 8, 5), prompts=PROMPTS)
    rejected = padded_batch(vocab, SEED + 1, lengths=(7, 10, 11), prompts=PROMPTS)
    for row, length in enumerate(PROMPTS):
        rejected["input_ids"][row, :length] = chosen["input_ids"][row, :length]
    return chosen, rejected


def response_logps(model, batch: Named) -> torch.Tensor:
    """Log-probability of each response, summed over its tokens, [P]."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits
    logps = logits[:, :-1].log_softmax(-1).gather(-1, batch["input_ids"][:, 1:, None])[..., 0]
    return (logps * (batch["labels"][:, 1:] >= 0)).sum(-1)


def noisy_copy(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """A reference: the same model with noise on its weights."""
    noise, reference = copy.deepcopy(model), copy.deepcopy(model)
    randomize(noise, seed, std=0.08)
    with torch.no_grad():
        for parameter, change in zip(reference.parameters(), noise.parameters(), strict=True):
            parameter += change if parameter.dim() > 1 else change - 1
    return reference


def preference_loss(
    variant: str, scores: Named, lengths: Named, beta: float, label_smoothing: float = 0.0, simpo_gamma: float = 0.0
) -> torch.Tensor:
    """The mean loss as TRL's DPO, CPO and ORPO trainers compute it; `scores` are log-ratios of policy and reference."""
    if variant in ("ipo", "sigmoid_norm", "simpo", "orpo"):
        scores = {side: scores[side] / lengths[side] for side in scores}
    chosen, rejected = scores["chosen"], scores["rejected"]
    if variant == "ipo":
        return (chosen - rejected - 1 / (2 * beta)).square().mean()
    if variant == "orpo":
        log_odds = chosen - rejected - (torch.log1p(-chosen.exp()) - torch.log1p(-rejected.exp()))
        return -beta * F.logsigmoid(log_odds).mean()
    if variant == "apo_zero":
        return (1 - (beta * chosen).sigmoid() + (beta * rejected).sigmoid()).mean()
    if variant == "apo_down":
        return ((beta * chosen).sigmoid() + 1 - (beta * (chosen - rejected)).sigmoid()).mean()
    delta = beta * (chosen - rejected)
    if variant == "hinge":
        return torch.relu(1 - delta).mean()
    if variant == "simpo":
        return -F.logsigmoid(delta - simpo_gamma).mean()
    if variant == "robust":
        both = -(1 - label_smoothing) * F.logsigmoid(delta) + label_smoothing * F.logsigmoid(-delta)
        return both.mean() / (1 - 2 * label_smoothing)
    return (-(1 - label_smoothing) * F.logsigmoid(delta) - label_smoothing * F.logsigmoid(-delta)).mean()


def write_case(folder: Path) -> None:
    model = build(llama_config(), SEED)
    write_model(folder, model)
    reference = noisy_copy(model, SEED + 2)
    sides = dict(zip(("chosen", "rejected"), pairs_batch(model.config.vocab_size), strict=True))
    lengths = {side: (batch["labels"] >= 0).sum(-1) for side, batch in sides.items()}
    with torch.no_grad():
        logps = {side: response_logps(model, batch) for side, batch in sides.items()}
        ref_logps = {side: response_logps(reference, batch) for side, batch in sides.items()}
    tensors = {
        **{f"{side}_{name}": batch[name] for side, batch in sides.items() for name in ("input_ids", "attention_mask")},
        "prompt_lengths": torch.tensor(PROMPTS),
        **{f"{side}_logps": values for side, values in logps.items()},
        **{f"ref_{side}_logps": values for side, values in ref_logps.items()},
    }
    margins = VARIANTS["hinge"]["beta"] * (logps["chosen"] - ref_logps["chosen"] - logps["rejected"] + ref_logps["rejected"])
    assert (margins > 1).any() and (margins < 1).any(), f"both branches of the hinge must occur; the margins are {margins}"
    for variant, settings in VARIANTS.items():

        def loss_of(m, variant=variant, settings=settings):
            logps = {side: response_logps(m, batch) for side, batch in sides.items()}
            free = variant in REFERENCE_FREE
            scores = {side: logps[side] if free else logps[side] - ref_logps[side] for side in sides}
            losses = {name: value for name, value in settings.items() if name != "nll"}
            # The likelihood of the chosen responses is a mean over responses, of the means over their tokens.
            likelihood = (logps["chosen"] / lengths["chosen"]).mean()
            return preference_loss(variant, scores, lengths, **losses) - settings.get("nll", 0.0) * likelihood

        tensors |= {f"{variant}.{name}": value for name, value in golden_training(model, loss_of).items()}
    write_golden(folder, tensors)
