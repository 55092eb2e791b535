"""AdamW alone over many parameters."""

import torch

from server import arguments, serve


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--elements", type=int, default=33_554_432, help="parameters in all")
    parser.add_argument("--tensors", type=int, default=32, help="equal tensors that hold them")
    parser.add_argument("--implementation", choices=("fused", "foreach"), default="fused")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    generator = torch.Generator().manual_seed(options.seed)
    size = options.elements // options.tensors
    parameters = [torch.nn.Parameter(torch.randn(size, generator=generator)) for _ in range(options.tensors)]
    for parameter in parameters:
        parameter.grad = torch.randn(size, generator=generator)
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, **{options.implementation: True})

    def step() -> None:
        optimizer.step()

    serve(options, step)


if __name__ == "__main__":
    main()
