"""A LLaMA with a scalar head: the pairwise reward loss and the critic's clipped value loss."""

from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import AutoModelForSequenceClassification

from causal import llama_config
from files import write_golden, write_model
from inputs import padded_batch, randomize
from training import golden_training

REWARD_SEED, VALUE_SEED = 400, 420
VALUE_CLIP = 0.2
VALUE_LOSS_COEFFICIENT = 0.5


def build_scalar(seed: int) -> torch.nn.Module:
    """LlamaForSequenceClassification with one label: `score.weight` [1, D] and no bias."""
    config = llama_config(num_labels=1, tie_word_embeddings=False)
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager", dtype=torch.float32)
    randomize(model, seed)
    return model.eval()


def scores(model, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The head on every token, [B, T]."""
    hidden = model.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False)
    return model.score(hidden.last_hidden_state)[..., 0]


def write_reward(folder: Path) -> None:
    """Bradley–Terry: mean −logsigmoid(chosen − rejected), each the score of the last token that is not padding."""
    model = build_scalar(REWARD_SEED)
    write_model(folder, model)
    vocab = model.config.vocab_size
    chosen = padded_batch(vocab, REWARD_SEED, lengths=(12, 8, 5))
    rejected = padded_batch(vocab, REWARD_SEED + 1, lengths=(7, 10, 11))

    def reward(m, batch):
        last = batch["attention_mask"].sum(1, keepdim=True) - 1
        return scores(m, batch).gather(1, last)[:, 0]

    training = golden_training(model, lambda m: -F.logsigmoid(reward(m, chosen) - reward(m, rejected)).mean())
    with torch.no_grad():
        rewards = {"chosen_rewards": reward(model, chosen), "rejected_rewards": reward(model, rejected)}
        for batch, rewarded in zip((chosen, rejected), rewards.values(), strict=True):
            own = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, 0]
            assert torch.allclose(own, rewarded, atol=1e-6), "transformers picks another token"
    inputs = {
        f"{side}_{name}": batch[name]
        for side, batch in (("chosen", chosen), ("rejected", rejected))
        for name in ("input_ids", "attention_mask")
    }
    write_golden(folder, {**inputs, **rewards, **training})


def masked_mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over the tokens of the whole batch where mask is 1."""
    return (values * mask).sum() / mask.sum()


def write_value(folder: Path) -> None:
    """The critic's loss: ½·mean(max((v−R)², (clip(v, v_old±.2)−R)²)); v at position t belongs to the token t+1."""
    model = build_scalar(VALUE_SEED)
    write_model(folder, model)
    batch = padded_batch(model.config.vocab_size, VALUE_SEED)
    mask = (batch["labels"][:, 1:] >= 0).long()
    generator = torch.Generator().manual_seed(VALUE_SEED)

    def noise(std):
        return torch.randn(mask.shape, generator=generator) * std

    with torch.no_grad():
        values = scores(model, batch)[:, :-1]
        old_values, returns = (values + noise(0.3)) * mask, (values + noise(1.0)) * mask

    def parts(m):
        v = scores(m, batch)[:, :-1]
        clipped = old_values + (v - old_values).clamp(-VALUE_CLIP, VALUE_CLIP)
        return (v - returns).square(), (clipped - returns).square()

    def loss_of(m):
        return VALUE_LOSS_COEFFICIENT * masked_mean(torch.maximum(*parts(m)), mask)

    training = golden_training(model, loss_of)
    with torch.no_grad():
        free, clipped = parts(model)
        is_clipped = (clipped > free) & (mask == 1)
        assert is_clipped.any() and (~is_clipped & (mask == 1)).any(), "both branches must occur"
    write_golden(folder, {
        "input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "response_mask": mask,
        "old_values": old_values, "returns": returns, "values": values * mask,
        "clip_fraction": masked_mean(is_clipped.float(), mask), **training,
    })
