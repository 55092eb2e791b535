"""Causal language models of every supported family: logits, loss, gradients and ten AdamW steps."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MistralConfig, OPTConfig, Qwen2Config, Qwen3Config

from files import write_golden, write_model
from inputs import PAD, padded_batch, randomize
from training import golden_training, next_token_loss

LLAMA = {
    "vocab_size": 48, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
    "pad_token_id": PAD, "bos_token_id": 1, "eos_token_id": 2, "use_cache": True,
}
OPT = {
    "vocab_size": 48, "hidden_size": 24, "ffn_dim": 48, "num_hidden_layers": 2, "num_attention_heads": 3,
    "max_position_embeddings": 32, "word_embed_proj_dim": 24, "dropout": 0.0, "attention_dropout": 0.0,
    "layerdrop": 0.0, "pad_token_id": PAD, "bos_token_id": 1, "eos_token_id": 2,
}
LLAMA3_ROPE = {
    "rope_theta": 500.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def llama_config(**changes) -> LlamaConfig:
    return LlamaConfig(**{**LLAMA, "tie_word_embeddings": True, **changes})


CASES = {
    "llama-gqa-tied": llama_config(),
    "llama-untied-rope-llama3": llama_config(
        tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE, num_attention_heads=2, num_key_value_heads=1
    ),
    "mistral": MistralConfig(**{**LLAMA, "tie_word_embeddings": False, "sliding_window": None}),
    "qwen2": Qwen2Config(**{**LLAMA, "tie_word_embeddings": True, "rms_norm_eps": 1e-6}),
    "qwen3": Qwen3Config(
        **{**LLAMA, "tie_word_embeddings": True, "hidden_size": 24, "intermediate_size": 32, "head_dim": 16}
    ),
    "gpt2": GPT2Config(
        vocab_size=48, n_embd=24, n_layer=2, n_head=3, n_positions=32, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, pad_token_id=PAD, bos_token_id=1, eos_token_id=2,
    ),
    "opt": OPTConfig(**OPT, do_layer_norm_before=True),
    "opt-post-norm": OPTConfig(**OPT, do_layer_norm_before=False),
    "opt-350m": OPTConfig(**{**OPT, "word_embed_proj_dim": 16}, do_layer_norm_before=False),
}
CLASSIC = {"llama-gqa-tied", "llama-untied-rope-llama3", "mistral", "qwen2"}


def build(config, seed: int) -> torch.nn.Module:
    """A model of a configuration with random weights, attention written out (eager), no dropout."""
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    randomize(model, seed)
    return model


def key_bias(name: str, tensor: torch.Tensor) -> torch.Tensor | None:
    """The key bias of GPT-2 and OPT, whose gradient is zero in theory. RoPE gives it one, so not for Qwen2."""
    if name.endswith("attn.c_attn.bias"):
        return tensor[tensor.numel() // 3 : 2 * tensor.numel() // 3]
    return tensor if "decoder.layers" in name and name.endswith("k_proj.bias") else None


def write_case(name: str, folder: Path) -> None:
    seed = 100 + sorted(CASES).index(name)
    config = CASES[name]
    model = build(config, seed)
    batch = padded_batch(config.vocab_size, seed)

    def logits_of(m):
        return m(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits

    write_model(folder, model, classic=name in CLASSIC)
    training = golden_training(model, lambda m: next_token_loss(logits_of(m), batch["labels"]), vanishing=key_bias)
    with torch.no_grad():
        logits = logits_of(model) * batch["attention_mask"][..., None]
        own = model(**batch, use_cache=False).loss
    assert torch.allclose(own, training["loss"], rtol=1e-6), "transformers' own loss differs"
    write_golden(folder, {**batch, "logits": logits, **training})
