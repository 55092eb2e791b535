/**
 * Largest number of elements (256 MB) of logits in memory. Each further chunk costs a sum over a gradient of the size of
 * the whole table.
 */
const LOGITS_ELEMENTS = 1 << 26;

/** Rows of logits [rows, V] in one chunk, which bounds the memory of a large vocabulary. */
export function logitsChunkRows(vocabSize: number): number {
  return Math.max(64, Math.floor(LOGITS_ELEMENTS / vocabSize));
}
