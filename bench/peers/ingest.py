"""JSON Lines → tokens → packed rows with Hugging Face's datasets and tokenizers, as an Arrow data set on disk.

What ours does in the same step: the Alpaca template, prompt and answer tokenized apart, labels of -100 on the prompt, cut at the longest
length, packed best-fit-decreasing with positions that begin at 0 in each example. Nothing is cleaned.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
parser.add_argument("--file", required=True)
parser.add_argument("--tokenizer", required=True, help="a tokenizer.json")
parser.add_argument("--eos", required=True, help="the token that ends an answer")
parser.add_argument("--max-length", type=int, default=1024)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--parallel", choices=("threads", "processes"), default="threads")
options = parser.parse_args()

# Where processes share the work, each has one thread.
os.environ["TOKENIZERS_PARALLELISM"] = "true" if options.parallel == "threads" else "false"
os.environ["RAYON_NUM_THREADS"] = str(options.threads)
os.environ["HF_HUB_OFFLINE"] = "1"

import datasets  # noqa: E402
import tokenizers  # noqa: E402

datasets.disable_progress_bars()
tokenizer = tokenizers.Tokenizer.from_file(options.tokenizer)
eos = tokenizer.token_to_id(options.eos)
longest = options.max_length
preamble = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    "\n\n### Instruction:\n"
)
ints = datasets.Sequence(datasets.Value("int32"))


def tokenize(rows: dict) -> dict:
    prompts = [f"{preamble}{text}\n\n### Response:" for text in rows["instruction"]]
    # Without offsets, which nobody needs here: the fastest call that the library has.
    asked = tokenizer.encode_batch_fast(prompts, add_special_tokens=False)
    answered = tokenizer.encode_batch_fast(rows["response"], add_special_tokens=False)
    ids, labels = [], []
    for prompt, answer in zip(asked, answered):
        prompt, answer = prompt.ids, [*answer.ids, eos]
        ids.append((prompt + answer)[:longest])
        labels.append(([-100] * len(prompt) + answer)[:longest])
    return {"input_ids": ids, "labels": labels}


def pack(rows: dict) -> dict:
    ids, labels = rows["input_ids"], rows["labels"]
    space_left: list[list[int]] = [[] for _ in range(longest + 1)]
    packed: list[list[int]] = []
    for index in sorted(range(len(ids)), key=lambda index: -len(ids[index])):
        length = len(ids[index])
        space = next((space for space in range(length, longest + 1) if space_left[space]), None)
        if space is None:
            packed.append([index])
            space_left[longest - length].append(len(packed) - 1)
        else:
            row = space_left[space].pop()
            packed[row].append(index)
            space_left[space - length].append(row)
    result: dict[str, list] = {"input_ids": [], "labels": [], "position_ids": []}
    for documents in packed:
        result["input_ids"].append([token for document in documents for token in ids[document]])
        result["labels"].append([label for document in documents for label in (-100, *labels[document][1:])])
        result["position_ids"].append([at for document in documents for at in range(len(ids[document]))])
    return result


def step() -> dict:
    processes = options.threads if options.parallel == "processes" and options.threads > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        rows = datasets.load_dataset("json", data_files=options.file, split="train", cache_dir=folder)
        tokens = rows.map(
            tokenize, batched=True, remove_columns=rows.column_names, num_proc=processes,
            features=datasets.Features({"input_ids": ints, "labels": ints}),
        )  # fmt: skip
        packed = tokens.map(
            pack, batched=True, num_proc=processes,
            features=datasets.Features({"input_ids": ints, "labels": ints, "position_ids": ints}),
        )  # fmt: skip
        column = packed.data.column("input_ids")
        return {"rows": len(rows), "tokens": sum(len(chunk.flatten()) for chunk in column.chunks)}


def peak_rss_mb() -> float:
    """Peak of this process (VmHWM), and of its workers the largest, as often as there are any."""
    status = Path("/proc/self/status")
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines()) if status.exists() else {}
    own = int(fields["VmHWM"].split()[0]) if fields else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * options.threads
    return (own + (workers if options.parallel == "processes" else 0)) / 1024


print(json.dumps({"ready": True, "versions": f"datasets {datasets.__version__}, tokenizers {tokenizers.__version__}"}), flush=True)
for line in sys.stdin:
    if line.strip() != "run":
        break
    start = perf_counter()
    extra = step()
    print(json.dumps({"ms": (perf_counter() - start) * 1000, **extra, "rssMb": peak_rss_mb()}), flush=True)
