"""A safetensors file (or a folder of shards) in float32, bfloat16 or float16 → float32 parameters in memory."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from server import arguments, serve


def load(path: Path) -> dict[str, torch.Tensor]:
    """Every tensor as float32, in memory of its own: load_file alone only maps the file."""
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return {
        name: torch.empty(tensor.shape, dtype=torch.float32).copy_(tensor)
        for file in files
        for name, tensor in load_file(file).items()
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--file", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not options.file.exists():
        parser.error(f"--file {options.file} does not exist")

    def step() -> dict:
        return {"elements": sum(parameter.numel() for parameter in load(options.file).values())}

    serve(options, step)


if __name__ == "__main__":
    main()
