import type { SourceFile } from '../sources/source';
import { BombGuard } from './bomb-guard';
import { asBuffer, peek } from './chunks';
import { CorruptFileError, UnknownFormatError } from './errors';
import { parserFor, SNIFFED_BYTES } from './format';
import { GZIP_MAGIC, gunzip } from './gunzip';
import { DEFAULT_LIMITS, type ReadLimits } from './limits';
import { PARQUET_MAGIC, readParquet } from './parquet';
import type { RawRow } from './row';
import { unzstd, ZSTD_MAGIC } from './unzstd';
import { withTempFile } from './with-temp-file';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The rows of one file: JSON array, JSON Lines, an object with lists of rows, CSV or TSV, each also compressed with gzip or zstd, or
 * Parquet. The content decides, not the name. Memory holds a chunk and a row, or a row group of Parquet. A row that cannot be read is
 * reported in its place. All rows before a damaged place are read.
 * @throws Error naming the file and the place when it is damaged or a bomb; UnknownFormatError when it holds no rows
 */
export async function* readRows(
  file: SourceFile,
  limits: ReadLimits = DEFAULT_LIMITS,
): AsyncGenerator<RawRow> {
  let line = 0;
  try {
    for await (const row of rowsOf(file, limits)) {
      line = row.line;
      yield row;
    }
  } catch (error) {
    if (error instanceof UnknownFormatError)
      throw new UnknownFormatError(`dataset ${file.name}: ${error.message}`);
    if (!(error instanceof CorruptFileError)) throw error;
    throw new Error(
      `dataset ${file.name}: damaged ${error.format} after line ${line} (${error.reason}). It was cut off or altered on its way; fetch it again.`,
    );
  }
}

async function* rowsOf(file: SourceFile, limits: ReadLimits): AsyncGenerator<RawRow> {
  const { head, all } = await peek(file.open(), PARQUET_MAGIC.length);
  try {
    if (startsWith(head, PARQUET_MAGIC)) {
      if (file.path !== undefined) yield* readParquet(file.name, file.path, limits);
      else yield* withTempFile(file.name, all, (path) => readParquet(file.name, path, limits));
      return;
    }
    const guard = new BombGuard(file.name, limits);
    if (startsWith(head, GZIP_MAGIC)) yield* parsed(file.name, gunzip(all, guard), limits);
    else if (startsWith(head, ZSTD_MAGIC)) yield* parsed(file.name, unzstd(all, guard), limits);
    else yield* parsed(file.name, all, limits);
  } finally {
    await all.return(undefined);
  }
}

async function* parsed(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  limits: ReadLimits,
): AsyncGenerator<RawRow> {
  const { head, ended, failure, all } = await peek(bytes, SNIFFED_BYTES);
  let text = startsWith(head, BYTE_ORDER_MARK) ? head.subarray(BYTE_ORDER_MARK.length) : head;
  let parser: ReturnType<typeof parserFor> | null = null;
  for await (const chunk of all) {
    if (parser) text = asBuffer(chunk);
    try {
      parser ??= parserFor(name, text, ended, limits);
    } catch (error) {
      // The stream failed before the format could be recognized.
      throw failure ?? error;
    }
    yield* parser.push(text);
  }
  yield* parser?.end() ?? [];
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}
