import { IGNORED_LABEL } from '../tokenize/supervised';
import type { ShardHeader } from './format';
import type { ShardRow } from './rows';

type Layout = Pick<ShardHeader, 'tokenIdBytes' | 'vocabSize'>;

/**
 * The bytes of a row.
 *   supervised: tokens, documents, runs u32; document lengths, sources, run lengths u32; ids. Runs alternate between ignored
 *               and trained on, beginning with ignored; positions and segments follow from the lengths.
 *   preference: prompt, chosen, rejected tokens, source u32; margin, weight f64; ids of prompt, chosen, rejected.
 *   unpaired:   tokens, prompt tokens, label, source u32; ids.
 *   prompts:    tokens, source u32; ids.
 * Throws when an id is not in the vocabulary, or the row is inconsistent.
 */
export function encodeRow(row: ShardRow, layout: Layout): Buffer {
  if ('chosenIds' in row) return encodePreference(row, layout);
  if ('labels' in row) return encodeSupervised(row, layout);
  if ('label' in row) {
    const { inputIds, promptLength, label, source } = row;
    return join([inputIds.length, promptLength, Number(label), source], [], [inputIds], layout);
  }
  return join([row.inputIds.length, row.source], [], [row.inputIds], layout);
}

function encodeSupervised(row: ShardRow<'supervised'>, layout: Layout): Buffer {
  const { inputIds, labels, segmentIds, sources } = row;
  const lengths = new Array<number>(sources.length).fill(0);
  for (const segment of segmentIds) lengths[segment]++;
  const runs: number[] = [];
  let start = 0;
  for (let t = 0, training = false; t <= labels.length; t++) {
    const trained = labels[t] !== IGNORED_LABEL;
    if (t < labels.length && trained && labels[t] !== inputIds[t]) {
      throw new Error(
        `shard row: label ${labels[t]} at position ${t} is not the token's id ${inputIds[t]} and not ${IGNORED_LABEL}.`,
      );
    }
    if (t < labels.length && trained === training) continue;
    runs.push(t - start);
    start = t;
    training = trained;
  }
  const counts = [inputIds.length, sources.length, runs.length];
  return join([...counts, ...lengths, ...sources, ...runs], [], [inputIds], layout);
}

function encodePreference(row: ShardRow<'preference'>, layout: Layout): Buffer {
  const { chosenIds, rejectedIds, promptLength, margin, weight, source } = row;
  const prompt = chosenIds.subarray(0, promptLength);
  if (prompt.length < promptLength || prompt.some((id, at) => id !== rejectedIds[at])) {
    throw new Error(
      `shard row: the first ${promptLength} tokens, the prompt, differ between the two answers.`,
    );
  }
  const parts = [prompt, chosenIds.subarray(promptLength), rejectedIds.subarray(promptLength)];
  return join([...parts.map((ids) => ids.length), source], [margin, weight], parts, layout);
}

function join(integers: number[], floats: number[], ids: Int32Array[], layout: Layout): Buffer {
  const { tokenIdBytes, vocabSize } = layout;
  const tokens = ids.reduce((sum, part) => sum + part.length, 0);
  const bytes = Buffer.allocUnsafe(4 * integers.length + 8 * floats.length + tokenIdBytes * tokens);
  let at = 0;
  for (const value of integers) at = bytes.writeUInt32LE(value, at);
  for (const value of floats) at = bytes.writeDoubleLE(value, at);
  for (const part of ids) {
    for (let t = 0; t < part.length; t++) {
      const id = part[t];
      if (id < 0 || id >= vocabSize)
        throw new Error(`shard row: token id ${id} is not in a vocabulary of ${vocabSize}.`);
      // Byte by byte, because the methods of Buffer check each value again.
      for (let byte = 0; byte < tokenIdBytes; byte++) bytes[at++] = id >>> (8 * byte);
    }
  }
  return bytes;
}
