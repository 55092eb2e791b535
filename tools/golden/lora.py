"""LoRA adapters as PEFT applies, names and saves them, over a frozen LLaMA."""

import json
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

from causal import build, llama_config
from files import write_golden, write_model
from inputs import padded_batch, randomize
from training import golden_training, next_token_loss

SEED = 200
# What a reader of adapter_config.json needs; PEFT writes another forty fields that change with its version.
CONFIG_FIELDS = (
    "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode", "lora_alpha", "lora_dropout",
    "modules_to_save", "peft_type", "r", "target_modules", "task_type", "use_dora", "use_rslora",
)


def write_adapter(folder: Path, model) -> None:
    """Write adapter_model.safetensors as PEFT saves it and the stable part of adapter_config.json."""
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        (folder / "adapter_model.safetensors").write_bytes((Path(scratch) / "adapter_model.safetensors").read_bytes())
        saved = json.loads((Path(scratch) / "adapter_config.json").read_text())
    config = {field: saved[field] for field in CONFIG_FIELDS}
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write_case(folder: Path) -> None:
    base = build(llama_config(), SEED)
    write_model(folder, base)
    lora = LoraConfig(
        r=4, lora_alpha=8, lora_dropout=0.0, target_modules=["q_proj", "v_proj", "up_proj"], task_type="CAUSAL_LM"
    )
    model = get_peft_model(base, lora).eval()
    adapters = torch.nn.ParameterDict()
    adapters.update({n.replace(".", "/"): p for n, p in model.named_parameters() if p.requires_grad})
    randomize(adapters, SEED + 1)
    write_adapter(folder, model)

    batch = padded_batch(base.config.vocab_size, SEED)

    def logits_of(m):
        return m(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits

    training = golden_training(model, lambda m: next_token_loss(logits_of(m), batch["labels"]))
    training = {name.replace(".default.weight", ".weight"): value for name, value in training.items()}
    saved_names = load_file(folder / "adapter_model.safetensors").keys()
    assert {name[len("grad."):] for name in training if name.startswith("grad.")} == set(saved_names)

    with torch.no_grad():
        logits = logits_of(model)
        merged = logits_of(model.merge_and_unload())
    assert (merged - logits).abs().max() < 1e-4 * logits.abs().max(), "the merged weights give other logits"
    write_golden(folder, {**batch, "logits": logits * batch["attention_mask"][..., None], **training})
