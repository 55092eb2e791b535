"""Reading, writing and comparing the files of a golden case."""

import json
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

CLASSIC_DROPS = ("transformers_version",)


def write_golden(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Write golden.safetensors. Integers are int64 and everything else float32; a scalar has shape []."""
    out = {}
    for name, tensor in tensors.items():
        dtype = torch.float32 if tensor.is_floating_point() else torch.int64
        out[name] = tensor.detach().to(dtype).contiguous().clone()
    save_file(out, folder / "golden.safetensors")


def write_model(folder: Path, model, classic: bool = False) -> None:
    """Write config.json and model.safetensors as transformers saves them.

    `classic` rewrites config.json to the form that most published checkpoints have (`rope_theta` and `rope_scaling` at
    the top, `torch_dtype`), where transformers 5 writes `rope_parameters` and `dtype`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        config = json.loads((Path(scratch) / "config.json").read_text())
        weights = (Path(scratch) / "model.safetensors").read_bytes()
    config = {key: value for key, value in config.items() if key not in CLASSIC_DROPS}
    if classic:
        rope = dict(config.pop("rope_parameters", {}))
        if rope:
            config["rope_theta"] = rope.pop("rope_theta")
            config["rope_scaling"] = rope if rope["rope_type"] != "default" else None
        config["torch_dtype"] = config.pop("dtype")
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (folder / "model.safetensors").write_bytes(weights)


def compare_tensors(expected: Path, actual: Path, rtol: float) -> list[str]:
    """Differences between two safetensors files, relative to the largest element of each tensor."""
    old, new = load_file(expected), load_file(actual)
    problems = [f"only in one file: {name}" for name in sorted(old.keys() ^ new.keys())]
    for name in sorted(old.keys() & new.keys()):
        a, b = old[name], new[name]
        if a.shape != b.shape or a.dtype != b.dtype:
            problems.append(f"{name}: {a.dtype}{list(a.shape)} became {b.dtype}{list(b.shape)}")
        elif a.dtype == torch.int64:
            problems += [] if torch.equal(a, b) else [f"{name}: integers differ"]
        elif a.numel():
            error = (a - b).abs().max().item() / max(a.abs().max().item(), 1e-30)
            problems += [] if error <= rtol else [f"{name}: relative error {error:.2e} > {rtol:.0e}"]
    return problems


def compare_folders(expected: Path, actual: Path, rtol: float = 1e-5) -> list[str]:
    """Differences between a committed case folder and a regenerated one; empty when they agree."""
    problems = []
    names = {
        str(file.relative_to(folder))
        for folder in (expected, actual) if folder.exists() for file in folder.rglob("*") if file.is_file()
    }
    for name in sorted(names):
        a, b = expected / name, actual / name
        if not (a.exists() and b.exists()):
            problems.append(f"{expected.name}/{name}: {'not committed' if b.exists() else 'no longer generated'}")
        elif name.endswith(".safetensors"):
            problems += [f"{expected.name}/{name}: {problem}" for problem in compare_tensors(a, b, rtol)]
        elif name.endswith(".json") and json.loads(a.read_text()) != json.loads(b.read_text()):
            problems.append(f"{expected.name}/{name}: differs")
    return problems
