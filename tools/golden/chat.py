"""Regenerate libs/tokenizer/golden/chat: tokenizers of several kinds, chat templates, and the tokens that transformers makes of them.

    python tools/golden/chat.py [--check]

The tokenizers are trained here on a few sentences; the templates are ours, with the constructs that public models have.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "libs" / "tokenizer" / "golden" / "chat"

SPECIAL = ["<unk>", "<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|stop|>"]
CORPUS = [
    "What is the capital of France? Paris is the capital of France.",
    "Write a function that adds two numbers.\n\ndef add(a, b):\n    return a + b\n",
    "def total(values):\n    result = 0\n    for value in values:\n        result += value\n    return result\n",
    "And of Spain? It is Madrid. And of Peru? It is Lima.",
    "USER: Hello, who are you? ASSISTANT: I am a small model that answers questions.",
    "<think>\nThe question is short.\n</think>\n\nThe answer is short too.",
    "[INST] Count to three. [/INST] One, two, three.",
    "### Instruction:\nName a color.\n\n### Response:\nBlue.",
    "assistant\n    return x\nuser\nuser:\nassistant:\n  yes\n",
] * 4

user = lambda content: {"role": "user", "content": content}
assistant = lambda content: {"role": "assistant", "content": content}
system = lambda content: {"role": "system", "content": content}

CONVERSATIONS = {
    "one turn": [user("What is the capital of France?"), assistant("Paris.")],
    "system and three turns": [
        system("Be brief."),
        user("And of Spain?"),
        assistant("It is Madrid."),
        user("Write a function that adds two numbers."),
        assistant("def add(a, b):\n    return a + b"),
        user("Thanks 😀, 你好"),
        assistant("Ünd jetzt? 👍🏽\n\n- one\n- two"),
    ],
    "thoughts": [
        user("Count to three."),
        assistant("<think>\nThe question is short.\n</think>\n\nOne, two, three."),
        user("And now?"),
        assistant("Four."),
        user("More?"),
        assistant("<think>\n    indented\n</think>\n\n    return 5"),
    ],
    "answers that begin with blanks": [
        user("Indent it."),
        assistant("    return x"),
        user("Again."),
        assistant("\n  yes"),
        user("Once more."),
        assistant(" of course"),
    ],
}

HEAD = "{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}"
ASK = "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"

# name: the template, and the text that ends an answer.
TEMPLATES = {
    "tags": ("{% for m in messages %}" + HEAD + "{% endfor %}" + ASK, "<|end|>"),
    "chatml as text": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        "<|im_end|>",
    ),
    "default system text": (
        "{% if messages[0].role != 'system' %}{{ '<|system|>\nAnswer well.<|end|>\n' }}{% endif %}"
        "{% for m in messages %}" + HEAD + "{% endfor %}" + ASK,
        "<|end|>",
    ),
    "ends with EOS": (
        "{% for m in messages %}" + HEAD + "{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
        "<|end|>",
    ),
    "drops earlier thoughts": (
        "{% for m in messages %}{% set content = m.content %}"
        "{% if m.role == 'assistant' and not loop.last and '</think>' in content %}"
        "{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
        "{{ '<|' + m.role + '|>\n' + content + '<|end|>\n' }}{% endfor %}" + ASK,
        "<|end|>",
    ),
    "inst": (
        "{% if messages[0].role == 'system' %}{% set turns = messages[1:] %}"
        "{% set head = '<<SYS>>\n' + messages[0].content + '\n<</SYS>>\n\n' %}"
        "{% else %}{% set turns = messages %}{% set head = '' %}{% endif %}"
        "{% for m in turns %}{% if m.role == 'user' %}"
        "{{ bos_token + '[INST] ' + (head if loop.first else '') + m.content + ' [/INST]' }}"
        "{% else %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}{% endfor %}",
        " </s>",
    ),
    "system before the last question": (
        "{% set s = messages[0].content + '\n\n' if messages[0].role == 'system' else '' %}{{ bos_token }}"
        "{% for m in messages %}{% if m.role == 'user' %}"
        "{{ '[INST] ' + (s if loop.last else '') + m.content + '[/INST]' }}"
        "{% elif m.role == 'assistant' %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}",
        "</s>",
    ),
    "roles as text": (
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ 'USER: ' + m.content + ' ' }}"
        "{% elif m.role == 'assistant' %}{{ 'ASSISTANT: ' + m.content + eos_token }}"
        "{% else %}{{ m.content + ' ' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}",
        "</s>",
    ),
    "trims": (
        "{% for m in messages %}{{ '<|' + m.role + '|>\n\n' + m.content | trim + '<|stop|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n\n' }}{% endif %}",
        "<|stop|>",
    ),
    "generation blocks": (
        "{% for m in messages %}\n{% if m.role == 'assistant' %}\n{{ '<|assistant|>\n' }}\n"
        "  {%- generation %}\n{{- m.content + '<|end|>' }}\n  {%- endgeneration %}\n{% else %}\n"
        "{{- '<|' + m.role + '|>\n' + m.content + '<|end|>' }}\n{% endif %}\n{% endfor %}\n"
        "{%- if add_generation_prompt %}\n{{- '<|assistant|>\n' }}\n{%- endif %}",
        "<|end|>",
    ),
    "generation blocks after an empty thought": (
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|assistant|>\n<think>\n\n</think>\n\n' }}"
        "{% generation %}{{ m.content + '<|end|>' }}{% endgeneration %}"
        "{% else %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>' }}{% endif %}{% endfor %}" + ASK,
        "<|end|>",
    ),
}


def special_json(rstrip: bool) -> list[dict]:
    flags = {"single_word": False, "lstrip": False, "normalized": False, "special": True}
    return [
        {"id": i, "content": text, "rstrip": rstrip and text in ("<|user|>", "<|assistant|>", "<|end|>"), **flags}
        for i, text in enumerate(SPECIAL)
    ]


def byte_level(rstrip: bool = False) -> dict:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=480, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return {**json.loads(tokenizer.to_str()), "added_tokens": special_json(rstrip)}


def llama(normalizer: dict | None, pre_tokenizer: dict | None) -> dict:
    """As SentencePiece models with byte fallback are converted; they differ in where the blank before a text comes from."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator([text.replace("\n", " ") for text in CORPUS], trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    vocab = {text: i for i, text in enumerate(SPECIAL)}
    for piece in [f"<0x{byte:02X}>" for byte in range(256)] + [p for p in trained["vocab"] if p not in SPECIAL]:
        vocab[piece] = len(vocab)
    sequence = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(sequence)
    base = json.loads(tokenizer.to_str())
    model = {**trained, "vocab": vocab, "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    return {
        **base,
        "added_tokens": special_json(False),
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "model": model,
    }


def metaspace(scheme: str) -> dict:
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": False}


def prepend() -> dict:
    steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(steps)
    return json.loads(tokenizer.to_str())["normalizer"]


def unigram() -> dict:
    """Every character, and the words of the corpus with a blank before them. Trained ones differ from run to run."""
    texts = CORPUS + [m["content"] for c in CONVERSATIONS.values() for m in c]
    characters = sorted(set("".join(texts)) | {chr(c) for c in range(33, 127)} | {"▁"} - {" "})
    words = sorted({"▁" + word for text in CORPUS for word in text.split() if len(word) > 1})
    pieces = [(text, 0.0) for text in SPECIAL] + [(c, -9.0) for c in characters] + [(w, -5.0 - len(w) / 10) for w in words]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    return {**json.loads(tokenizer.to_str()), "added_tokens": special_json(False)}


TOKENIZERS = {
    "byte-level": byte_level,
    "byte-level, tags absorb blanks": lambda: byte_level(rstrip=True),
    "llama, legacy": lambda: llama(None, metaspace("always")),
    "llama, legacy as a normalizer": lambda: llama(prepend(), None),
    "llama, not legacy": lambda: llama(None, metaspace("first")),
    "unigram": unigram,
}


def golden(tokenizer: PreTrainedTokenizerFast, template: str, end: str, messages: list[dict]) -> dict:
    tokenizer.chat_template = template

    def text(part, ask):
        return tokenizer.apply_chat_template(part, add_generation_prompt=ask, tokenize=False)

    def ids(part, ask):
        return tokenizer.apply_chat_template(part, add_generation_prompt=ask, return_dict=True)["input_ids"]

    def joined(turn: int, whole: list[int]) -> bool:
        """Whether the tokens before an answer are others when the answer follows, or its first blanks belong to a tag."""
        prompt, answer = text(messages[:turn], True), text(messages[: turn + 1], False)
        tags = [t.content for t in tokenizer.added_tokens_decoder.values() if t.rstrip]
        absorbed = answer.startswith(prompt) and answer[len(prompt) :][:1].isspace() and prompt.rstrip().endswith(tuple(tags))
        return absorbed or whole[: len(prompts[turn])] != prompts[turn]

    turns = [i for i, m in enumerate(messages) if m["role"] == "assistant"]
    prompts = {turn: ids(messages[:turn], True) for turn in turns}
    whole_text, whole, learned = text(messages, False), ids(messages, False), {}
    for turn in turns:
        prompt, full = text(messages[:turn], True), text(messages[: turn + 1], False)
        question = messages[turn - 1]["content"] + "[/INST]"
        start = len(prompt) if full.startswith(prompt) else full.rindex(question) + len(question)
        answer = full[start : full.rindex(end) + len(end)]
        if turn == turns[-1] or (whole_text.startswith(prompt + answer) and not joined(turn, whole)):
            learned[turn] = answer
    case = {"text": whole_text, "ids": whole, "prompts": prompts, "learned": learned, "joined": joined(turns[-1], whole)}
    if "endgeneration" in template:
        masked = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
        case["mask"] = [place for place, inside in enumerate(masked["assistant_masks"]) if inside]
    return case


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for number, (name, make) in enumerate(TOKENIZERS.items()):
        content = json.dumps(make(), ensure_ascii=False)
        (folder / f"tokenizer-{number}.json").write_text(content)
        backend = Tokenizer.from_str(content)
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
        for template, (jinja, end) in TEMPLATES.items():
            for conversation, messages in CONVERSATIONS.items():
                case = golden(tokenizer, jinja, end, messages)
                cases.append({"tokenizer": number, "template": template, "conversation": conversation, **case})
    index = {
        "tokenizers": list(TOKENIZERS),
        "templates": {name: jinja for name, (jinja, _) in TEMPLATES.items()},
        "conversations": CONVERSATIONS,
    }
    (folder / "index.json").write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    (folder / "cases.json").write_text(f"[\n{lines}\n]\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    if not parser.parse_args().check:
        write(GOLDEN)
        return 0
    with tempfile.TemporaryDirectory() as fresh:
        write(Path(fresh))
        changed = [f.name for f in Path(fresh).iterdir() if f.read_bytes() != (GOLDEN / f.name).read_bytes()]
    print(f"changed: {', '.join(changed)}" if changed else "all equal")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
