"""Scores of an exported reward model by transformers: alone, in a batch padded by its tokenizer, and after a training step.

Reads {"folder", "ids", "texts"} from standard input, writes {"alone", "batch", "gradients"} as JSON.
"""

import json
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

request = json.load(sys.stdin)
torch.set_num_threads(1)
tokenizer = AutoTokenizer.from_pretrained(request["folder"])
model = AutoModelForSequenceClassification.from_pretrained(request["folder"], dtype=torch.float32).eval()
ids = request["ids"]
with torch.no_grad():
    alone = [model(torch.tensor([row])).logits[0, 0].item() for row in ids]
    padded = tokenizer.pad({"input_ids": ids}, return_tensors="pt")
    batch = model(**padded).logits[:, 0].tolist()
# Rows of the embeddings that get a gradient when EOS is read, as in training that continues.
model.train()
model(**padded).logits.sum().backward()
embedding = model.get_input_embeddings().weight
touched = embedding.grad.abs().sum(dim=1) > 0
used = sorted({token for row in ids for token in row})
print(
    json.dumps(
        {
            "alone": alone,
            "batch": batch,
            "withoutGradient": [token for token in used if not touched[token]],
            "texts": [tokenizer(text, add_special_tokens=False)["input_ids"] for text in request["texts"]],
        }
    )
)
