import { type ProtoField, protoFields } from './proto';

/** What a piece is (sentencepiece_model.proto, `SentencePiece.Type`). */
export const PIECE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A SentencePiece model, as its tokenizer.model has it. */
export interface SentencePieceModel {
  pieces: { piece: string; score: number; type: number }[];
  kind: 'unigram' | 'bpe' | 'word' | 'char';
  byteFallback: boolean;
  suffixSpaces: boolean;
  /** Ids of the pieces with a role; −1 for none. */
  unknown: number;
  bos: number;
  eos: number;
  pad: number;
  /** The normalization of characters, for the `Precompiled` normalizer; empty for none. */
  charsmap: Buffer;
  dummyPrefix: boolean;
  removesExtraSpaces: boolean;
}

const KINDS = { 1: 'unigram', 2: 'bpe', 3: 'word', 4: 'char' } as const;
/** LLaMA 3's first tokenizer.model: a line for each token, its bytes in base64 and its rank. */
const TIKTOKEN = /^[A-Za-z0-9+/=]+ \d+\r?\n/;

/**
 * Reads tokenizer.model (https://github.com/google/sentencepiece, sentencepiece_model.proto).
 *
 * @param where the file, for messages
 * @throws Error when the file is no SentencePiece model
 */
export function readSentencePieceModel(file: Buffer, where: string): SentencePieceModel {
  if (TIKTOKEN.test(file.subarray(0, 256).toString('latin1')))
    throw new Error(
      `${where}: is a vocabulary of tiktoken (LLaMA 3) and no SentencePiece model; take the model's tokenizer.json.`,
    );
  try {
    return parse(file);
  } catch (error) {
    throw new Error(
      `${where}: is no SentencePiece model: it ${(error as Error).message}. Download it again.`,
    );
  }
}

function parse(file: Buffer): SentencePieceModel {
  const model: SentencePieceModel = {
    pieces: [],
    kind: 'unigram',
    byteFallback: false,
    suffixSpaces: false,
    unknown: 0,
    bos: 1,
    eos: 2,
    pad: -1,
    charsmap: Buffer.alloc(0),
    dummyPrefix: true,
    removesExtraSpaces: true,
  };
  for (const { number, bytes } of protoFields(file)) {
    if (bytes === null) throw new Error('has a number where a message is expected');
    if (number === 1) model.pieces.push(parsePiece(bytes));
    else if (number === 2) for (const field of protoFields(bytes)) readTrainerField(model, field);
    else if (number === 3) for (const field of protoFields(bytes)) readNormalizerField(model, field);
  }
  if (model.pieces.length === 0) throw new Error('has no pieces');
  return model;
}

function parsePiece(message: Buffer): SentencePieceModel['pieces'][number] {
  const piece = { piece: '', score: 0, type: PIECE.normal as number };
  for (const { number, bytes, value } of protoFields(message)) {
    if (number === 1) piece.piece = bytes?.toString('utf8') ?? '';
    else if (number === 2) piece.score = value;
    else if (number === 3) piece.type = value;
  }
  return piece;
}

/** An id is a signed number, which is −1 for none. */
const idOf = (value: number) => (value >= 2 ** 31 ? -1 : value);

function readTrainerField(model: SentencePieceModel, { number, value }: ProtoField): void {
  if (number === 3) {
    const kind = KINDS[value as keyof typeof KINDS];
    if (!kind) throw new Error(`has the unknown kind ${value}`);
    model.kind = kind;
  } else if (number === 24) model.suffixSpaces = value !== 0;
  else if (number === 35) model.byteFallback = value !== 0;
  else if (number === 40) model.unknown = idOf(value);
  else if (number === 41) model.bos = idOf(value);
  else if (number === 42) model.eos = idOf(value);
  else if (number === 43) model.pad = idOf(value);
}

function readNormalizerField(model: SentencePieceModel, { number, bytes, value }: ProtoField): void {
  if (number === 2) model.charsmap = bytes ?? model.charsmap;
  else if (number === 3) model.dummyPrefix = value !== 0;
  else if (number === 4) model.removesExtraSpaces = value !== 0;
}
