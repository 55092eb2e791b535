"""What transformers makes of a tokenizer.json whose tokenizer_config.json names the class LlamaTokenizer.

It keeps the vocabulary, the merges, the added tokens and the post-processor of the file, and takes the place of the blank before a
text from `legacy` and `add_prefix_space`. Writes libs/tokenizer/golden/llama-class.json from the tokenizers of chat.py.
"""

import json
import tempfile
from pathlib import Path

from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
CHAT = ROOT / "libs/tokenizer/golden/chat"

TEXTS = ["yes", " yes", "Say yes.</s>Say no.", "<s>[INST] Say [/INST] yes</s><s>[INST] again", "a  b\n c", "é 🙂"]

SETTINGS = [
    {},
    {"legacy": False},
    {"legacy": True},
    {"legacy": None},
    {"add_prefix_space": False},
    {"legacy": True, "add_prefix_space": True},
]

CLASSES = ["LlamaTokenizer", "LlamaTokenizerFast", "PreTrainedTokenizerFast"]


def main() -> None:
    names = json.loads((CHAT / "index.json").read_text())["tokenizers"]
    cases = []
    for number, name in enumerate(names):
        if not name.startswith("llama"):
            continue
        for cls in CLASSES:
            for settings in SETTINGS:
                config = {"tokenizer_class": cls, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", **settings}
                with tempfile.TemporaryDirectory() as folder:
                    (Path(folder) / "tokenizer.json").write_text((CHAT / f"tokenizer-{number}.json").read_text())
                    (Path(folder) / "tokenizer_config.json").write_text(json.dumps(config))
                    (Path(folder) / "config.json").write_text(json.dumps({"model_type": "llama"}))
                    tokenizer = AutoTokenizer.from_pretrained(folder)
                ids = [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS]
                decoded = [tokenizer.decode(one) for one in ids]
                cases.append({"tokenizer": number, "config": config, "ids": ids, "decoded": decoded})
    golden = {"texts": TEXTS, "cases": cases}
    out = ROOT / "libs/tokenizer/golden/llama-class.json"
    out.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
