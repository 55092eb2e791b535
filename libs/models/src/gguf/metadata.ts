import { ModelFileError } from '../weights/model-file-error';
import type { GgufCursor } from './cursor';

/** Integers of 64 bits are numbers when they fit, else bigints. */
export type GgufValue = number | bigint | boolean | string | GgufValue[];

const MAX_ELEMENTS = 16 * 1024 * 1024;
const MAX_DEPTH = 3;
const ARRAY = 9;

interface Scalar {
  minimumBytes: number;
  read(cursor: GgufCursor): GgufValue;
}

/** Scalar types by their number in the file (gguf.md, enum gguf_metadata_value_type). Number 9 is the array. */
const SCALARS: Readonly<Record<number, Scalar>> = {
  0: { minimumBytes: 1, read: (cursor) => cursor.u8() },
  1: { minimumBytes: 1, read: (cursor) => cursor.i8() },
  2: { minimumBytes: 2, read: (cursor) => cursor.u16() },
  3: { minimumBytes: 2, read: (cursor) => cursor.i16() },
  4: { minimumBytes: 4, read: (cursor) => cursor.u32() },
  5: { minimumBytes: 4, read: (cursor) => cursor.i32() },
  6: { minimumBytes: 4, read: (cursor) => shortest(cursor.f32()) },
  7: { minimumBytes: 1, read: (cursor) => cursor.bool() },
  8: { minimumBytes: 8, read: (cursor) => cursor.string('a string') },
  10: { minimumBytes: 8, read: (cursor) => compact(cursor.u64()) },
  11: { minimumBytes: 8, read: (cursor) => compact(cursor.i64()) },
  12: { minimumBytes: 8, read: (cursor) => cursor.f64() },
};

/** The shortest decimal that is the same fp32 number: 1e-5, not 9.999999747378752e-6. */
function shortest(value: number): number {
  for (const digits of [6, 7, 8]) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

function compact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Reads one typed value at the cursor. */
export function readGgufValue(cursor: GgufCursor, key: string): GgufValue {
  return readTyped(cursor, cursor.u32(), key, 0);
}

function readTyped(cursor: GgufCursor, type: number, key: string, depth: number): GgufValue {
  if (type === ARRAY) return readArray(cursor, key, depth);
  if (!Object.hasOwn(SCALARS, type))
    cursor.fail(`metadata "${key}" has the unknown type ${type}; the file is damaged`);
  return SCALARS[type].read(cursor);
}

function readArray(cursor: GgufCursor, key: string, depth: number): GgufValue[] {
  if (depth === MAX_DEPTH) cursor.fail(`metadata "${key}" nests arrays more than ${MAX_DEPTH} deep`);
  const type = cursor.u32();
  const minimumBytes = SCALARS[type]?.minimumBytes ?? 12; // 12: type and length of an inner array
  const limit = Math.min(MAX_ELEMENTS, Math.floor(cursor.remaining / minimumBytes));
  const length = cursor.length(`the length of metadata "${key}"`, limit);
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(readTyped(cursor, type, key, depth + 1));
  return values;
}

/** The key-value metadata of a GGUF file, with typed getters. */
export class GgufMetadata {
  constructor(
    private readonly values: ReadonlyMap<string, GgufValue>,
    /** The file, for error messages. */
    readonly where: string,
  ) {}

  has(key: string): boolean {
    return this.values.has(key);
  }

  entries(): Iterable<[string, GgufValue]> {
    return this.values;
  }

  number(key: string): number | undefined {
    return this.typed(key, 'a number', (value) => typeof value === 'number') as number | undefined;
  }

  boolean(key: string): boolean | undefined {
    return this.typed(key, 'true or false', (value) => typeof value === 'boolean') as boolean | undefined;
  }

  string(key: string): string | undefined {
    return this.typed(key, 'a string', (value) => typeof value === 'string') as string | undefined;
  }

  numbers(key: string): number[] | undefined {
    return this.list(key, 'number') as number[] | undefined;
  }

  strings(key: string): string[] | undefined {
    return this.list(key, 'string') as string[] | undefined;
  }

  require<T>(key: string, value: T | undefined): T {
    if (value === undefined) throw new ModelFileError(this.where, `metadata "${key}" is missing`);
    return value;
  }

  private list(key: string, type: 'number' | 'string'): GgufValue | undefined {
    return this.typed(
      key,
      `a list of ${type}s`,
      (value) => Array.isArray(value) && value.every((element) => typeof element === type),
    );
  }

  private typed(key: string, wanted: string, test: (value: GgufValue) => boolean): GgufValue | undefined {
    const value = this.values.get(key);
    if (value !== undefined && !test(value))
      throw new ModelFileError(this.where, `metadata "${key}" is not ${wanted}`);
    return value;
  }
}
