"""Random weights and token batches, large and irregular enough that a mistake anywhere shows."""

import torch

PAD = 0
IGNORE = -100


def randomize(model: torch.nn.Module, seed: int, std: float = 0.2) -> None:
    """Overwrite every parameter: norm weights about 1, everything else (biases too) N(0, std)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator) * std
            is_norm_weight = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(1 + noise if is_norm_weight else noise)


def padded_batch(vocab: int, seed: int, lengths=(12, 9, 7), prompts=(4, 3, 2)) -> dict[str, torch.Tensor]:
    """A right-padded batch: `input_ids`, `attention_mask` and `labels`, each [B, T] int64.

    Labels are IGNORE on the prompt and on padding. Token 0 is kept for padding.
    """
    generator = torch.Generator().manual_seed(seed)
    width = max(lengths)
    input_ids = torch.randint(1, vocab, (len(lengths), width), generator=generator)
    positions = torch.arange(width)
    attention_mask = (positions[None] < torch.tensor(lengths)[:, None]).long()
    input_ids = torch.where(attention_mask == 1, input_ids, PAD)
    is_answer = (positions[None] >= torch.tensor(prompts)[:, None]) & (attention_mask == 1)
    labels = torch.where(is_answer, input_ids, IGNORE)
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
