"""The policy's side of a PPO step: clipped surrogate, entropy bonus, temperature."""

from pathlib import Path

import torch

from causal import build, llama_config
from files import write_golden, write_model
from heads import masked_mean
from inputs import padded_batch
from training import Named, golden_training

SEED = 500
TEMPERATURE = 0.7
CLIP = 0.2
ENTROPY_COEFFICIENT = 0.01


def policy_terms(model, batch: Named, old_logps: torch.Tensor, advantages: torch.Tensor) -> Named:
    """Per token, [B, T−1]: column t is about `input_ids[:, t + 1]`. Logits are divided by the temperature first."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits
    all_logps = (logits[:, :-1] / TEMPERATURE).log_softmax(-1)
    logps = all_logps.gather(-1, batch["input_ids"][:, 1:, None])[..., 0]
    ratio = (logps - old_logps).exp()
    free, clipped = -advantages * ratio, -advantages * ratio.clamp(1 - CLIP, 1 + CLIP)
    return {
        "logps": logps,
        "entropies": -(all_logps.exp() * all_logps).sum(-1),
        "losses_per_token": torch.maximum(free, clipped),
        "is_clipped": (clipped > free).to(logps.dtype),
    }


def write_case(folder: Path) -> None:
    model = build(llama_config(), SEED)
    write_model(folder, model)
    batch = padded_batch(model.config.vocab_size, SEED)
    mask = (batch["labels"][:, 1:] >= 0).long()
    generator = torch.Generator().manual_seed(SEED)

    def noise(std):
        return torch.randn(mask.shape, generator=generator) * std

    with torch.no_grad():
        logps = policy_terms(model, batch, torch.zeros(mask.shape), torch.zeros(mask.shape))["logps"]
        # Advantages that do not average to zero: the loss would be a small difference of large terms.
        old_logps, advantages = (logps + noise(0.3)) * mask, noise(1.0) + 0.5

    def loss_of(m):
        terms = policy_terms(m, batch, old_logps, advantages)
        policy_loss, entropy = masked_mean(terms["losses_per_token"], mask), masked_mean(terms["entropies"], mask)
        return policy_loss - ENTROPY_COEFFICIENT * entropy

    training = golden_training(model, loss_of)
    with torch.no_grad():
        terms = policy_terms(model, batch, old_logps, advantages)
    clip_fraction = masked_mean(terms["is_clipped"], mask)
    assert 0.1 < clip_fraction < 0.6, "both branches must occur"
    write_golden(folder, {
        "input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "response_mask": mask,
        "advantages": advantages, "old_logps": old_logps,
        "logps": terms["logps"] * mask, "entropies": terms["entropies"] * mask,
        "policy_loss": masked_mean(terms["losses_per_token"], mask), "entropy": masked_mean(terms["entropies"], mask),
        "clip_fraction": clip_fraction, **training,
    })


RESPONSE_LENGTH = 16
# The settings of each loss; advantages are the same for all tokens of a response.
LOSSES = {
    "clip_higher": {"high": 0.6},
    "dual_clip": {"dual": 1.3},
    "grpo": {"normalization": "grpo"},
    "dr_grpo": {"normalization": "dr_grpo"},
    "gspo": {"sequence": True, "low": 0.02, "high": 0.03, "normalization": "grpo"},
    "cispo": {"cispo": True, "high": 0.1},
}


def policy_loss(logps, old_logps, advantages, mask, low=CLIP, high=CLIP, dual=None, normalization="dapo", sequence=False,
                cispo=False):
    """As TRL's GRPOTrainer and, for the dual clip, verl compute it; `advantages` [B, 1]."""
    log_ratio = logps - old_logps
    if sequence:
        log_ratio = ((log_ratio * mask).sum(-1) / mask.sum(-1)).unsqueeze(-1).expand_as(logps)
    ratio = log_ratio.exp()
    if cispo:
        losses = -ratio.clamp(max=1 + high).detach() * advantages * logps
    else:
        losses = torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - low, 1 + high))
        if dual is not None:
            losses = torch.where(advantages < 0, torch.minimum(losses, -advantages * dual), losses)
    if normalization == "grpo":
        return ((losses * mask).sum(-1) / mask.sum(-1)).mean()
    if normalization == "dr_grpo":
        return (losses * mask).sum() / (len(mask) * RESPONSE_LENGTH)
    return masked_mean(losses, mask)


def write_losses(folder: Path) -> None:
    model = build(llama_config(), SEED + 1)
    write_model(folder, model)
    batch = padded_batch(model.config.vocab_size, SEED + 1)
    mask = (batch["labels"][:, 1:] >= 0).long()
    generator = torch.Generator().manual_seed(SEED + 1)
    nothing = torch.zeros(mask.shape)

    def logps_of(m):
        return policy_terms(m, batch, nothing, nothing)["logps"]

    with torch.no_grad():
        logps = logps_of(model)
        old_logps = (logps + torch.randn(mask.shape, generator=generator) * 0.8) * mask
    advantages = torch.tensor([[1.2], [-0.7], [-0.9]])
    tensors = {
        "input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "response_mask": mask,
        "old_logps": old_logps, "advantages": advantages.expand_as(logps).contiguous(),
    }
    plain = policy_loss(logps, old_logps, advantages, mask)
    for name, settings in LOSSES.items():

        def loss_of(m, settings=settings):
            return policy_loss(logps_of(m), old_logps, advantages, mask, **settings)

        assert (loss_of(model) - plain).abs() > 1e-3, f"{name} must differ from the plain loss"
        tensors |= {f"{name}.{key}": value for key, value in golden_training(model, loss_of, steps=False).items()}
    write_golden(folder, tensors)
