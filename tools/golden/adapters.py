"""Adapters of every kind that PEFT saves, each with the logits of its base under it."""

import json
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, LlamaConfig

from causal import build
from inputs import randomize

SEED = 700
VOCAB = 24
LLAMA = dict(
    vocab_size=VOCAB, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, max_position_embeddings=32, bos_token_id=1, eos_token_id=2,
)
BASES = {
    "untied": LlamaConfig(**LLAMA, tie_word_embeddings=False, attention_bias=True),
    "tied": LlamaConfig(**LLAMA, tie_word_embeddings=True),
    "gpt2": GPT2Config(vocab_size=VOCAB, n_embd=16, n_layer=2, n_head=2, n_positions=32, bos_token_id=1, eos_token_id=2),
}
ATTENTION = dict(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"])
GPT2 = dict(r=3, lora_alpha=6, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True)
# Name of the case → base and configuration.
CASES = {
    "head": ("untied", dict(**ATTENTION, modules_to_save=["lm_head"])),
    "embeddings-and-head": ("untied", dict(**ATTENTION, modules_to_save=["embed_tokens", "lm_head"])),
    "norms": ("untied", dict(**ATTENTION, modules_to_save=["input_layernorm", "norm"])),
    "tied-head": ("tied", dict(**ATTENTION, modules_to_save=["lm_head"])),
    "tied-embeddings": ("tied", dict(**ATTENTION, modules_to_save=["embed_tokens"])),
    "tied-both": ("tied", dict(**ATTENTION, modules_to_save=["embed_tokens"], ensure_weight_tying=True)),
    "lora-on-embeddings": ("untied", dict(r=3, lora_alpha=6, target_modules=["embed_tokens", "q_proj"])),
    "lora-on-head": ("untied", dict(r=3, lora_alpha=6, target_modules=["lm_head", "q_proj"])),
    "lora-on-tied-embeddings": ("tied", dict(r=3, lora_alpha=6, target_modules=["embed_tokens"])),
    "lora-on-tied-head": ("tied", dict(r=3, lora_alpha=6, target_modules=["lm_head"])),
    "rslora": ("untied", dict(**ATTENTION, use_rslora=True)),
    "patterns": (
        "untied",
        dict(
            r=3, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"],
            rank_pattern={"v_proj": 2, r"layers\.1\.mlp\.down_proj": 5, r"^model\.layers\.0\.self_attn\.q_proj": 1},
            alpha_pattern={"layers.0.self_attn.v_proj": 10, "down_proj": 4},
        ),
    ),
    "patterns-rslora": ("untied", dict(**ATTENTION, use_rslora=True, rank_pattern={"q_proj": 4}, alpha_pattern={"v_proj": 9})),
    "bias-all": ("untied", dict(**ATTENTION, bias="all")),
    "bias-lora-only": ("untied", dict(**ATTENTION, bias="lora_only")),
    "lora-bias": ("untied", dict(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"], lora_bias=True)),
    "dora": ("untied", dict(r=3, lora_alpha=6, target_modules=["q_proj", "down_proj"], use_dora=True)),
    "some-layers": ("untied", dict(**ATTENTION, layers_to_transform=[1], layers_pattern="layers")),
    "regular-expression": ("untied", dict(r=3, lora_alpha=6, target_modules=r".*\.1\.(self_attn\.[qk]|mlp\.up)_proj")),
    "token-rows": ("untied", dict(**ATTENTION, trainable_token_indices=[3, 7])),
    "tied-token-rows": ("tied", dict(**ATTENTION, trainable_token_indices={"embed_tokens": [3, 7]})),
    "gpt2-fan-in": ("gpt2", GPT2),
    "gpt2-dora": ("gpt2", dict(**GPT2, use_dora=True)),
    "gpt2-bias-all": ("gpt2", dict(**GPT2, bias="all")),
    "gpt2-embeddings": ("gpt2", dict(**GPT2, modules_to_save=["wte", "wpe"])),
}


def write_adapters(folder: Path) -> None:
    """One folder for each case; `bases/<name>` has the models, `golden.safetensors` the logits of all of them."""
    ids = torch.arange(12).reshape(2, 6) * 5 % VOCAB
    golden = {"input_ids": ids}
    for name, config in BASES.items():
        build(config, SEED).save_pretrained(folder / "bases" / name)
        (folder / "bases" / name / "generation_config.json").unlink()
    for name, (base_name, options) in CASES.items():
        base = build(BASES[base_name], SEED)
        with torch.no_grad():
            before = base(input_ids=ids).logits
        model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **options)).eval()
        adapters = torch.nn.ParameterDict()
        adapters.update({n.replace(".", "/"): p for n, p in model.named_parameters() if p.requires_grad})
        randomize(adapters, SEED + 1)
        with torch.no_grad():
            logits = model(input_ids=ids).logits
        assert (logits - before).abs().max() > 1e-2, f"{name} changes nothing"
        write_adapter(folder / name, model, base_name)
        golden[name] = logits.float().contiguous()
    save_file(golden, folder / "golden.safetensors")


def write_adapter(folder: Path, model, base_name: str) -> None:
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        save_file(load_file(Path(scratch) / "adapter_model.safetensors"), folder / "adapter_model.safetensors")
        config = json.loads((Path(scratch) / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = base_name
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    (folder / "adapter_config.json").write_text(json.dumps(config, sort_keys=True) + "\n")
