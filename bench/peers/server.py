"""What the peers share: arguments, and the line protocol that lets a driver take turns between ours and theirs.

The peer prints {"ready": true, …}; each line "run" does one timed step and prints {"ms": …, "rssMb": …}; "quit" ends.
"""

import argparse
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch

from llama import Llama, Shape


def peak_rss_mb() -> float:
    """Peak resident memory of this process. VmHWM, as getrusage counts what a forking parent held before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


IMPORTED_RSS_MB = peak_rss_mb()


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="torch.set_num_threads")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repetitions", type=int, default=0, help="run this often by itself, without a driver")
    return parser


def add_shape(parser: argparse.ArgumentParser) -> None:
    for name, default in (("dim", 256), ("layers", 6), ("heads", 8), ("kv-heads", 8), ("ffn", 688), ("vocab", 8192)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--tied", action="store_true", help="one matrix for the embedding and the output")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--attention", choices=("sdpa", "eager"), default="sdpa")
    parser.add_argument("--weights", help="a safetensors file with Hugging Face's names; random weights without it")


def build(options: argparse.Namespace, max_length: int) -> Llama:
    """The model of the options, its weights from --weights or random from --seed."""
    shape = Shape(
        dim=options.dim, layers=options.layers, heads=options.heads, kv_heads=options.kv_heads, ffn=options.ffn,
        vocab=options.vocab, tied=options.tied, max_length=max_length,
    )
    model = Llama(shape, options.attention, options.seed)
    if options.weights:
        from safetensors.torch import load_file

        missing, unexpected = model.load_state_dict(load_file(options.weights), strict=False)
        if unexpected or (set(missing) - ({"lm_head.weight"} if options.tied else set())):
            sys.exit(f"{options.weights} does not fit the shape: missing {missing}, unexpected {unexpected}")
    return model


def serve(options: argparse.Namespace, step: Callable[[], dict | None]) -> None:
    """Answer the driver until it says quit or closes the pipe. What `step` returns is added to its line."""

    def timed() -> None:
        start = perf_counter()
        extra = step() or {}
        report({"ms": (perf_counter() - start) * 1000, **extra, "rssMb": peak_rss_mb()})

    report({"ready": True, "torch": torch.__version__, "threads": torch.get_num_threads(), "importedRssMb": IMPORTED_RSS_MB})
    if options.repetitions:
        for _ in range(options.repetitions):
            timed()
        return
    for line in sys.stdin:
        command = line.strip()
        if command == "quit":
            return
        if command == "run":
            timed()
        elif command:
            report({"error": f'unknown command "{command}"; there are run and quit'})


def report(record: dict) -> None:
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in record.items()}
    print(json.dumps(rounded), flush=True)
