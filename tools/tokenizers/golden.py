"""Golden files of tokenizers that a folder has without tokenizer.json.

    pip install sentencepiece transformers protobuf
    python tools/tokenizers/golden.py

Trains small SentencePiece models, and writes the ids that sentencepiece gives for a few texts. The LLaMA-like one has the ids
of transformers' LlamaTokenizer, which differ for texts that begin with a space or with an added token. vocab.json and merges.txt are those of a byte-level BPE; GPT2Tokenizer gives the ids.
"""

import json
import random
import shutil
import tempfile
from pathlib import Path

import sentencepiece as spm
from tokenizers import ByteLevelBPETokenizer
from transformers import AutoTokenizer

SPM = Path(__file__).resolve().parents[2] / "libs" / "tokenizer" / "src" / "sentencepiece" / "golden"
WORDS = (
    "the quick brown fox jumps over a lazy dog while children play outside and birds sing in the garden 1 22 333 hello "
    "world naïve café 你好 世界 tokens token tokenizer model models"
).split()
TEXTS = [
    "hello world", " hello", "hello  world", "the tokenizers of models", "", "naïve café", "你好，世界", "a\nb\tc",
    "🙂 fox", "<tool>fox<tool> dog", "22333", "x", "ÀÉ hello",
]
COMMON = {"minloglevel": 2, "hard_vocab_limit": False, "character_coverage": 1.0}
MODELS = {
    "bpe": dict(
        model_type="bpe", vocab_size=400, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, user_defined_symbols=["<tool>"],
    ),
    "bpe-bare": dict(model_type="bpe", vocab_size=120, normalization_rule_name="identity", add_dummy_prefix=False),
    "unigram": dict(model_type="unigram", vocab_size=150, normalization_rule_name="identity"),
    "unigram-bytes": dict(model_type="unigram", vocab_size=380, byte_fallback=True, normalization_rule_name="identity"),
    "rules": dict(model_type="unigram", vocab_size=150),
}


def write_sentencepiece(scratch: Path) -> None:
    corpus = scratch / "corpus.txt"
    random.seed(0)
    corpus.write_text("\n".join(" ".join(random.choice(WORDS) for _ in range(8)) for _ in range(3000)))
    rules = scratch / "rules.tsv"
    rules.write_text("C9\tE9\nC0\t61 61\n")  # É → é, À → aa
    golden = {}
    for name, options in MODELS.items():
        if name == "rules":
            options = {**options, "normalization_rule_tsv": str(rules)}
        spm.SentencePieceTrainer.train(input=str(corpus), model_prefix=str(scratch / name), **COMMON, **options)
        shutil.copy(scratch / f"{name}.model", SPM / f"{name}.model")
        processor = spm.SentencePieceProcessor(model_file=str(SPM / f"{name}.model"))
        golden[name] = [{"text": text, "ids": processor.encode(text), "decoded": processor.decode(processor.encode(text))} for text in TEXTS]
        if name == "bpe":
            folder = scratch / "llama"
            folder.mkdir()
            shutil.copy(SPM / f"{name}.model", folder / "tokenizer.model")
            (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true}')
            (folder / "config.json").write_text('{"model_type": "llama"}')
            llama = AutoTokenizer.from_pretrained(folder)
            # Metaspace gives no second space to a text that begins with one, nor one to a text that begins with an added token.
            differ = {" hello", "<tool>fox<tool> dog"}
            for case in golden[name]:
                ids = llama(case["text"], add_special_tokens=False)["input_ids"]
                assert (ids == case["ids"]) != (case["text"] in differ), case
                case["ids"] = ids
    (SPM / "ids.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


def write_byte_level(scratch: Path) -> None:
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(WORDS * 20, vocab_size=300, special_tokens=["<|endoftext|>"], show_progress=False)
    folder = SPM / "byte-level"
    folder.mkdir(exist_ok=True)
    tokenizer.save_model(str(folder))
    (folder / "config.json").write_text('{"model_type": "gpt2"}\n')
    gpt2 = AutoTokenizer.from_pretrained(folder)
    texts = [*TEXTS, "fox<|endoftext|>dog"]
    ids = [{"text": text, "ids": gpt2(text)["input_ids"]} for text in texts]
    (folder / "ids.json").write_text(json.dumps({"eos": gpt2.eos_token, "cases": ids}, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write_sentencepiece(Path(scratch))
        write_byte_level(Path(scratch))
