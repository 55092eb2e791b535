"""Regenerate the golden files, or with --check compare a fresh run with the committed ones.

    python tools/golden/generate.py [--check] [case ...]
"""

import argparse
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import torch
import transformers

import adapters
import causal
import dpo
import heads
import kto
import lora
import packed
import ppo
from files import compare_folders

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "libs" / "models" / "golden"
WRITERS = {
    **{name: partial(causal.write_case, name) for name in causal.CASES},
    "adapters": adapters.write_adapters,
    "llama-lora": lora.write_case,
    "llama-packed": packed.write_case,
    "reward-head": heads.write_reward,
    "ppo-step": ppo.write_case,
    "policy-losses": ppo.write_losses,
    "ppo-value": heads.write_value,
    "dpo": dpo.write_case,
    "kto": kto.write_case,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(WRITERS)}; all when none is named")
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    options = parser.parse_args()
    unknown = set(options.cases) - WRITERS.keys()
    if unknown:
        parser.error(f"unknown case {', '.join(sorted(unknown))}")
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.cases or WRITERS:
            fresh, committed = Path(scratch) / name, GOLDEN / name
            fresh.mkdir()
            WRITERS[name](fresh)
            if options.check:
                found = compare_folders(committed, fresh)
                problems += found
                print(f"{name}: {'ok' if not found else f'{len(found)} differences'}")
            else:
                shutil.rmtree(committed, ignore_errors=True)
                shutil.copytree(fresh, committed)
                print(f"{name}: {sum(file.stat().st_size for file in committed.rglob('*') if file.is_file()) // 1024} kB")
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
