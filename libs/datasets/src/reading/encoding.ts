import { isUtf8 } from 'node:buffer';
import { UnknownFormatError } from './errors';

const LOOKED_AT_BYTES = 4096;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const MARKS: [string, string, string][] = [
  ['\xff\xfe\0\0', 'UTF-32', 'little-endian'],
  ['\0\0\xfe\xff', 'UTF-32', 'big-endian'],
  ['\xff\xfe', 'UTF-16', 'little-endian'],
  ['\xfe\xff', 'UTF-16', 'big-endian'],
];

/**
 * Refuses a file whose first bytes are not UTF-8 text but UTF-16, UTF-32 or binary data. A file whose first line is UTF-8 text is
 * accepted: damaged bytes in a later line cost only that line.
 * @throws UnknownFormatError that names the encoding and the command that converts it
 */
export function refuseOtherEncodings(head: Buffer): void {
  const start = head.toString('latin1', 0, 4);
  const marked = MARKS.find(([mark]) => start.startsWith(mark));
  if (marked) refuse(marked[1], `${marked[2]}, with a byte order mark`, marked[1]);
  if (beginsWithText(head.subarray(0, LOOKED_AT_BYTES))) return;
  const order = unmarkedUtf16(head.subarray(0, LOOKED_AT_BYTES));
  if (order !== null)
    refuse('UTF-16', `${order}, without a byte order mark`, order === 'big-endian' ? 'UTF-16BE' : 'UTF-16LE');
  if (head.includes('\0\0', 0, 'latin1') && head.indexOf(0) < LOOKED_AT_BYTES)
    throw new UnknownFormatError(
      'is binary data, not UTF-8 text. Expected JSON, JSON Lines, CSV, TSV or Parquet.',
    );
}

/** Whether the first line that is not blank is complete, valid UTF-8, and without control characters. In UTF-16 and UTF-32 it is not. */
function beginsWithText(bytes: Buffer): boolean {
  const start = bytes.findIndex((byte) => byte > 0x20 || isControl(byte));
  const end = bytes.indexOf(NEWLINE, Math.max(start, 0));
  const line = bytes.subarray(0, Math.max(end, 0));
  return start < end && isUtf8(line) && !line.some(isControl);
}

function isControl(byte: number): boolean {
  return byte < 0x20 && byte !== TAB && byte !== NEWLINE && byte !== RETURN;
}

/**
 * The byte order of UTF-16 text without a mark; null when the bytes are not that. The high bytes of ASCII characters are zero, so all zeros
 * have even or all have odd positions. They are a few of a hundred bytes of Chinese, which is not valid UTF-8. In alphabets, whose bytes
 * are, nearly all high bytes are control characters. Fewer zeros are damaged characters of one row.
 */
function unmarkedUtf16(bytes: Buffer): 'little-endian' | 'big-endian' | null {
  const zeros = [0, 0];
  const controls = [0, 0];
  for (const [at, byte] of bytes.entries()) {
    if (byte === 0) zeros[at % 2]++;
    if (isControl(byte)) controls[at % 2]++;
  }
  const high = zeros[0] > zeros[1] ? 0 : 1;
  if (zeros[high] < 2 || zeros[1 - high] > zeros[high] / 20) return null;
  const [found, least] = isUtf8(bytes) ? [controls[high], 0.4] : [zeros[high], 0.01];
  if (found < least * bytes.length) return null;
  return high === 0 ? 'big-endian' : 'little-endian';
}

function refuse(encoding: string, how: string, iconv: string): never {
  throw new UnknownFormatError(
    `is ${encoding} text (${how}), and only UTF-8 is read. Convert it first, as with: ` +
      `iconv -f ${iconv} -t UTF-8 FILE > NEW. Excel saves UTF-8 as "CSV UTF-8".`,
  );
}
