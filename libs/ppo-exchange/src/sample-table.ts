import {
  encodeSafetensorsHeader,
  ModelFileError,
  parseSafetensorsHeader,
  type SafetensorsHeader,
} from '@open-chatgpt/models';
import { arrays, type Column, type Dtype, type NumberArray } from './columns';

/** A column for each field of a row. */
export type Table<Row> = { readonly [Field in keyof Row]-?: Column<Row[Field]> };

/** An object is not a table of samples with the expected columns. */
export class SampleTableError extends Error {
  override readonly name = 'SampleTableError';

  constructor(where: string, problem: string) {
    super(`${where}: ${problem}; check that all services of the run have the same version`);
  }
}

type ColumnRule = Pick<Column<unknown>, 'dtype' | 'accepts' | 'expected'>;

/** Lengths of the lists of a field, one for each row. */
const lengthsColumn = (field: string) => `${field}.lengths`;
const lengths: ColumnRule = { dtype: 'I32', accepts: (number) => number > 0, expected: 'lengths from 1' };

const columnsOf = <Row>(table: Table<Row>) =>
  Object.entries(table) as [keyof Row & string, Column<unknown>][];

/** The rows as a safetensors file. Its metadata has the description, as JSON. */
export function encodeSamples<Row>(
  table: Table<Row>,
  rows: readonly Row[],
  description: object = {},
): Buffer {
  const columns = columnsOf(table).flatMap(([name, { dtype, lengthsOf, write }]) => {
    const lists = rows.map((row) => write(row[name]));
    const column = { name, dtype, numbers: concatenated(dtype, lists) };
    if (lengthsOf !== name) return [column];
    const numbers = concatenated(lengths.dtype, [lists.map(({ length }) => length)]);
    return [{ name: lengthsColumn(name), dtype: lengths.dtype, numbers }, column];
  });
  const header = encodeSafetensorsHeader(
    columns.map(({ name, dtype, numbers }) => ({ name, dtype, shape: [numbers.length] })),
    { description: JSON.stringify(description) },
  );
  const data = columns.map(({ numbers }) =>
    Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  );
  return Buffer.concat([header, ...data]);
}

/**
 * Reads what `encodeSamples` wrote. The rows share no memory with `bytes`.
 * @param where address of the object, for messages
 * @throws SampleTableError that names the column, what was found and what was expected
 */
export function decodeSamples<Row>(
  table: Table<Row>,
  bytes: Buffer,
  where: string,
): { rows: Row[]; description: unknown } {
  const file = { bytes, where, ...headerOf(bytes, where) };
  const columns = columnsOf(table).map(([name, column]) => ({
    name,
    values: readValues(file, name, column),
  }));
  const [first] = columns;
  const uneven = columns.find(({ values }) => values.length !== first.values.length);
  if (uneven)
    throw new SampleTableError(
      where,
      `expected ${first.values.length} rows, as in column "${first.name}"; found ${uneven.values.length} in "${uneven.name}"`,
    );
  const rows = first.values.map(
    (_, row) => Object.fromEntries(columns.map(({ name, values }) => [name, values[row]])) as Row,
  );
  return { rows, description: JSON.parse(file.metadata.description ?? 'null') };
}

interface TableFile extends SafetensorsHeader {
  bytes: Buffer;
  where: string;
}

function headerOf(bytes: Buffer, where: string): SafetensorsHeader {
  try {
    return parseSafetensorsHeader(bytes, where);
  } catch (error) {
    throw error instanceof ModelFileError ? new SampleTableError(where, error.message) : error;
  }
}

/** The values of a column, one for each row. */
function readValues(file: TableFile, name: string, column: Column<unknown>): unknown[] {
  const numbers = readNumbers(file, name, column);
  const { lengthsOf } = column;
  if (!lengthsOf) return Array.from(numbers, (_, row) => column.read(numbers.subarray(row, row + 1)));
  const sizes = readNumbers(file, lengthsColumn(lengthsOf), lengths) as Int32Array;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== numbers.length)
    throw new SampleTableError(
      file.where,
      `expected ${total} numbers in column "${name}", one for each token of "${lengthsOf}"; found ${numbers.length}`,
    );
  let end = 0;
  return Array.from(sizes, (size) => {
    const start = end;
    end += size;
    return column.read(numbers.subarray(start, end));
  });
}

function readNumbers(
  { bytes, where, entries }: TableFile,
  name: string,
  { dtype, accepts, expected }: ColumnRule,
): NumberArray {
  const entry = entries.find((one) => one.name === name);
  if (entry?.dtype !== dtype || entry.shape.length !== 1)
    throw new SampleTableError(
      where,
      `expected a column "${name}" of ${dtype}; found ${entry ? `${entry.dtype} [${entry.shape}]` : 'none'}`,
    );
  const numbers = new arrays[dtype](
    new Uint8Array(bytes.subarray(entry.offset, entry.offset + entry.byteLength)).buffer,
  );
  const wrong = numbers.findIndex((number) => !accepts(number));
  if (wrong >= 0)
    throw new SampleTableError(where, `expected ${expected} in column "${name}"; found ${numbers[wrong]}`);
  return numbers;
}

function concatenated(dtype: Dtype, lists: readonly ArrayLike<number>[]): NumberArray {
  const all = new arrays[dtype](lists.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const list of lists) {
    all.set(list, start);
    start += list.length;
  }
  return all;
}
