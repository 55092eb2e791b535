"""Forward, backward and AdamW of a LLaMA on one batch, in float32."""

import torch

from server import add_shape, arguments, build, serve


def main() -> None:
    parser = arguments(__doc__)
    add_shape(parser)
    parser.add_argument("--length", type=int, default=256, help="tokens in a row")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = build(options, options.length)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01, fused=True)
    ids = torch.randint(0, options.vocab, (options.batch, options.length))

    def step() -> dict:
        optimizer.zero_grad(set_to_none=True)
        loss = model.loss(ids)
        loss.backward()
        optimizer.step()
        return {"loss": loss.item()}

    serve(options, step)


if __name__ == "__main__":
    main()
