import { IGNORED_LABEL } from '../tokenize/supervised';
import type { ShardHeader } from './format';
import type { ShardRow } from './rows';

/** Decodes a row that `encodeRow` wrote. Throws when the bytes are inconsistent; `where` names the row in the message. */
export function decodeRow(bytes: Buffer, header: ShardHeader, where: string): ShardRow {
  const reader = rowReader(bytes, header, where);
  const row = decoders[header.kind](reader);
  reader.end();
  return row;
}

type RowReader = ReturnType<typeof rowReader>;

const decoders: Record<ShardHeader['kind'], (reader: RowReader) => ShardRow> = {
  supervised: decodeSupervised,
  preference: decodePreference,
  unpaired: decodeUnpaired,
  prompts: decodePrompt,
};

function decodeSupervised(reader: RowReader): ShardRow<'supervised'> {
  const [tokens, documents, runCount] = reader.integers(3);
  const lengths = reader.integers(documents);
  const sources = reader.integers(documents);
  const runs = reader.integers(runCount);
  reader.check(sum(lengths) === tokens, `documents of ${sum(lengths)} tokens together in a row of ${tokens}`);
  reader.check(sum(runs) === tokens, `labels for ${sum(runs)} of ${tokens} tokens`);
  const inputIds = reader.ids(tokens);
  const labels = new Int32Array(tokens).fill(IGNORED_LABEL);
  const positionIds = new Int32Array(tokens);
  const segmentIds = new Int32Array(tokens);
  let start = 0;
  runs.forEach((length, run) => {
    if (run % 2 === 1) labels.set(inputIds.subarray(start, start + length), start);
    start += length;
  });
  start = 0;
  lengths.forEach((length, segment) => {
    for (let position = 0; position < length; position++) positionIds[start + position] = position;
    segmentIds.fill(segment, start, start + length);
    start += length;
  });
  return { inputIds, labels, positionIds, segmentIds, sources };
}

function decodePreference(reader: RowReader): ShardRow<'preference'> {
  const [promptLength, chosen, rejected, source] = reader.integers(4);
  const [margin, weight] = reader.floats(2);
  const prompt = reader.ids(promptLength);
  const answer = (length: number) => {
    const ids = new Int32Array(promptLength + length);
    ids.set(prompt);
    ids.set(reader.ids(length), promptLength);
    return ids;
  };
  const chosenIds = answer(chosen);
  return { chosenIds, rejectedIds: answer(rejected), promptLength, margin, weight, source };
}

function decodeUnpaired(reader: RowReader): ShardRow<'unpaired'> {
  const [tokens, promptLength, label, source] = reader.integers(4);
  reader.check(promptLength <= tokens, `a prompt of ${promptLength} tokens in a row of ${tokens}`);
  reader.check(label <= 1, `the label ${label}`);
  return { inputIds: reader.ids(tokens), promptLength, label: label === 1, source };
}

function decodePrompt(reader: RowReader): ShardRow<'prompts'> {
  const [tokens, source] = reader.integers(2);
  return { inputIds: reader.ids(tokens), source };
}

function rowReader(bytes: Buffer, { tokenIdBytes, vocabSize }: ShardHeader, where: string) {
  let at = 0;
  const check = (holds: boolean, found: string) => {
    if (!holds)
      throw new Error(`${where} is damaged: ${found}. Ingest the dataset again, or fetch it again.`);
  };
  /** Skips `count` values of `size` bytes. @returns their offset */
  const take = (count: number, size: number) => {
    const start = at;
    check(count * size <= bytes.length - at, `${count} values where ${bytes.length - at} bytes are left`);
    at += count * size;
    return start;
  };
  return {
    check,
    integers(count: number): number[] {
      const start = take(count, 4);
      return Array.from({ length: count }, (_, i) => bytes.readUInt32LE(start + 4 * i));
    },
    floats(count: number): number[] {
      const start = take(count, 8);
      return Array.from({ length: count }, (_, i) => bytes.readDoubleLE(start + 8 * i));
    },
    ids(count: number): Int32Array {
      const start = take(count, tokenIdBytes);
      const ids = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const id = tokenIdBytes === 2 ? bytes.readUInt16LE(start + 2 * i) : bytes.readUInt32LE(start + 4 * i);
        check(id < vocabSize, `token id ${id} in a vocabulary of ${vocabSize}`);
        ids[i] = id;
      }
      return ids;
    },
    end: () => check(at === bytes.length, `${bytes.length - at} bytes too many`),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
