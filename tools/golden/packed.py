"""Several documents in one row: positions restart and attention stays within each document."""

from pathlib import Path

import torch

from causal import build, llama_config
from files import write_golden, write_model
from inputs import IGNORE, PAD
from training import golden_training, next_token_loss

SEED = 300
DOCUMENT_LENGTHS = ((5, 4, 5), (8, 4))  # of each row; the second row ends in padding
WIDTH = 14


def packed_batch(vocab: int) -> dict[str, torch.Tensor]:
    """`input_ids`, `position_ids`, `segment_ids` (1, 2, … by document, 0 on padding) and `labels`, each [B, T].

    The first token of a document is no label: after the shift it would be predicted from another document.
    """
    generator = torch.Generator().manual_seed(SEED)
    shape = (len(DOCUMENT_LENGTHS), WIDTH)
    input_ids, labels = torch.full(shape, PAD), torch.full(shape, IGNORE)
    position_ids, segment_ids = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    for row, lengths in enumerate(DOCUMENT_LENGTHS):
        start = 0
        for document, length in enumerate(lengths):
            span = slice(start, start + length)
            input_ids[row, span] = torch.randint(1, vocab, (length,), generator=generator)
            labels[row, start + 1 : start + length] = input_ids[row, start + 1 : start + length]
            position_ids[row, span] = torch.arange(length)
            segment_ids[row, span] = document + 1
            start += length
    return {"input_ids": input_ids, "position_ids": position_ids, "segment_ids": segment_ids, "labels": labels}


def block_diagonal_causal(segment_ids: torch.Tensor) -> torch.Tensor:
    """[B, 1, T, T], true where a query may see a key: not later, and of the same document (padding sees padding)."""
    same = segment_ids[:, :, None] == segment_ids[:, None, :]
    return (same & torch.ones_like(same[0]).tril())[:, None]


def assert_like_separate_documents(model, batch: dict[str, torch.Tensor], logits: torch.Tensor) -> None:
    """Packing must change nothing: each document on its own gives the same logits."""
    for row, lengths in enumerate(DOCUMENT_LENGTHS):
        start = 0
        for length in lengths:
            alone = model(input_ids=batch["input_ids"][row : row + 1, start : start + length]).logits[0]
            error = (alone - logits[row, start : start + length]).abs().max()
            assert error < 1e-5 * logits.abs().max(), f"row {row}, document at {start}: off by {error:.1e}"
            start += length


def write_case(folder: Path) -> None:
    model = build(llama_config(), SEED)
    write_model(folder, model)
    batch = packed_batch(model.config.vocab_size)
    allowed = block_diagonal_causal(batch["segment_ids"])

    def logits_of(m):
        mask = torch.zeros(allowed.shape, dtype=m.dtype).masked_fill(~allowed, torch.finfo(m.dtype).min)
        return m(
            input_ids=batch["input_ids"], position_ids=batch["position_ids"], attention_mask=mask, use_cache=False
        ).logits

    training = golden_training(model, lambda m: next_token_loss(logits_of(m), batch["labels"]))
    with torch.no_grad():
        logits = logits_of(model)
        assert_like_separate_documents(model, batch, logits)
    write_golden(folder, {**batch, "logits": logits * (batch["segment_ids"] > 0)[..., None], **training})
