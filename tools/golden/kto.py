"""Kahneman-Tversky optimization: single answers, each with a label, against a reference with other weights."""

from pathlib import Path

import torch

from causal import build, llama_config
from dpo import noisy_copy, response_logps
from files import write_golden, write_model
from inputs import PAD, IGNORE, padded_batch
from training import Named, golden_training

SEED = 700
PROMPTS = (4, 3, 2, 5)
LENGTHS = (12, 8, 5, 11)
DESIRABLE = (True, False, True, True)
VARIANTS = {
    "kto": {"beta": 0.1},
    "weighted": {"beta": 0.3, "desirable_weight": 0.5, "undesirable_weight": 1.5},
    "apo_zero_unpaired": {"beta": 0.1},
}


def mismatched(batch: Named) -> Named:
    """Each prompt with the response of the row before it; the first one with that of the last row."""
    rows = [
        torch.cat((batch["input_ids"][i, : PROMPTS[i]], batch["input_ids"][i - 1, PROMPTS[i - 1] : LENGTHS[i - 1]]))
        for i in range(len(PROMPTS))
    ]
    pad = lambda tensors, value: torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value)
    labels = [torch.where(torch.arange(len(row)) >= PROMPTS[i], row, IGNORE) for i, row in enumerate(rows)]
    return {
        "input_ids": pad(rows, PAD),
        "attention_mask": pad([torch.ones_like(row) for row in rows], 0),
        "labels": pad(labels, IGNORE),
    }


def kto_loss(
    ratios: torch.Tensor, kl: torch.Tensor, beta: float, desirable_weight: float = 1.0, undesirable_weight: float = 1.0
) -> torch.Tensor:
    """The mean loss as TRL's KTOTrainer computes it, of log-ratios of policy and reference."""
    desirable = torch.tensor(DESIRABLE)
    gains = 1 - (beta * (ratios[desirable] - kl)).sigmoid()
    losses = 1 - (beta * (kl - ratios[~desirable])).sigmoid()
    return torch.cat((desirable_weight * gains, undesirable_weight * losses)).mean()


def write_case(folder: Path) -> None:
    model = build(llama_config(), SEED)
    write_model(folder, model)
    reference = noisy_copy(model, SEED + 2)
    batches = {"": padded_batch(model.config.vocab_size, SEED, lengths=LENGTHS, prompts=PROMPTS)}
    batches["mismatched_"] = mismatched(batches[""])
    with torch.no_grad():
        logps = {name: response_logps(model, batch) for name, batch in batches.items()}
        ref_logps = {name: response_logps(reference, batch) for name, batch in batches.items()}

    def baseline(m) -> torch.Tensor:
        with torch.no_grad():
            return (response_logps(m, batches["mismatched_"]) - ref_logps["mismatched_"]).mean().clamp(min=0)

    kl = baseline(model)
    assert kl > 0.1, f"the baseline must matter; it is {kl}"
    tensors = {
        **{f"{name}{field}": batch[field] for name, batch in batches.items() for field in ("input_ids", "attention_mask")},
        "prompt_lengths": torch.tensor(PROMPTS),
        "desirable": torch.tensor(DESIRABLE).long(),
        **{f"{name}logps": values for name, values in logps.items()},
        **{f"ref_{name}logps": values for name, values in ref_logps.items()},
        "kl": kl,
    }
    for variant, settings in VARIANTS.items():

        def loss_of(m, variant=variant, settings=settings):
            without = torch.zeros((), dtype=next(m.parameters()).dtype)
            kl = without if variant == "apo_zero_unpaired" else baseline(m)
            return kto_loss(response_logps(m, batches[""]) - ref_logps[""], kl, **settings)

        tensors |= {f"{variant}.{name}": value for name, value in golden_training(model, loss_of).items()}
    write_golden(folder, tensors)
