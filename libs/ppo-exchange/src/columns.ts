/** Typed arrays by the names that safetensors has for them. */
export const arrays = {
  U8: Uint8Array,
  I32: Int32Array,
  F32: Float32Array,
  F64: Float64Array,
};
export type Dtype = keyof typeof arrays;
export type NumberArray = Uint8Array | Int32Array | Float32Array | Float64Array;

/** One field of the rows of a table. The column holds the numbers of all rows, one row after the other. */
export interface Column<Value> {
  dtype: Dtype;
  /** Field whose lists give the lengths: a row has as many numbers here. Without it a row has one number. */
  lengthsOf?: string;
  accepts: (number: number) => boolean;
  /** What is accepted, for messages. */
  expected: string;
  write: (value: Value) => ArrayLike<number>;
  read: (numbers: NumberArray) => Value;
}

const finite = { accepts: Number.isFinite, expected: 'finite numbers' };

/** A whole number from 0, exact up to 2⁵³. */
export const count: Column<number> = {
  dtype: 'F64',
  accepts: (number) => Number.isSafeInteger(number) && number >= 0,
  expected: 'whole numbers from 0',
  write: (value) => [value],
  read: ([number]) => number,
};

export const flag: Column<boolean> = {
  dtype: 'U8',
  accepts: (number) => number <= 1,
  expected: '0 or 1',
  write: (value) => [Number(value)],
  read: ([number]) => number === 1,
};

export const float64: Column<number> = {
  dtype: 'F64',
  ...finite,
  write: (value) => [value],
  read: ([number]) => number,
};

/** Token ids, at least one. @param field of the column itself */
export const tokenIds = (field: string): Column<readonly number[]> => ({
  dtype: 'I32',
  lengthsOf: field,
  accepts: (number) => number >= 0,
  expected: 'token ids',
  write: (value) => value,
  read: (numbers) => Array.from(numbers as Int32Array),
});

/** A 32-bit number for each token. @param lengthsOf the field with the tokens */
export const float32s = (lengthsOf: string): Column<Float32Array> => ({
  dtype: 'F32',
  lengthsOf,
  ...finite,
  write: (value) => value,
  read: (numbers) => numbers as Float32Array,
});

/** A 64-bit number for each token. @param lengthsOf the field with the tokens */
export const float64s = (lengthsOf: string): Column<Float64Array> => ({
  dtype: 'F64',
  lengthsOf,
  ...finite,
  write: (value) => value,
  read: (numbers) => numbers as Float64Array,
});
