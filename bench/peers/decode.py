"""Greedy decoding with a preallocated KV cache: a prompt, then new tokens one by one.

`ms` covers the whole request, `prefillMs` the prompt up to its first new token; the rest is decoding.
"""

import warnings
from time import perf_counter

import torch

from linears import KINDS, convert_all
from server import add_shape, arguments, build, serve


def quantized(model: torch.nn.Module) -> torch.nn.Module:
    """int8 weights, activations quantized on the fly; the embedding stays float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.ao.quantization import quantize_dynamic

        return quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8, inplace=True)


def main() -> None:
    parser = arguments(__doc__)
    add_shape(parser)
    parser.add_argument("--prompt", type=int, default=16, help="tokens of the prompt")
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--precision", choices=("fp32", "int8"), default="fp32")
    parser.add_argument("--linear", choices=KINDS, default="rows", help="how fp32 matrices are multiplied; see linears.py")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    length = options.prompt + options.new_tokens
    model = build(options, length).eval().requires_grad_(False)
    if options.precision == "int8":
        model = quantized(model)
    else:
        convert_all(model, options.linear, options.batch)
    prompt = torch.randint(0, options.vocab, (options.batch, options.prompt))
    head_dim = options.dim // options.heads
    caches = [torch.zeros(2, options.batch, options.kv_heads, length, head_dim) for _ in range(options.layers)]
    output = torch.empty(options.batch, options.new_tokens, dtype=torch.long)

    @torch.inference_mode()
    def step() -> dict:
        start = perf_counter()
        token = model.next_logits(prompt, caches, 0).argmax(-1, keepdim=True)
        prefilled = perf_counter()
        for index in range(options.new_tokens):
            output[:, index : index + 1] = token
            if index + 1 < options.new_tokens:
                token = model.next_logits(token, caches, options.prompt + index).argmax(-1, keepdim=True)
        return {"prefillMs": (prefilled - start) * 1000}

    serve(options, step)


if __name__ == "__main__":
    main()
