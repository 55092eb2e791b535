import { createTextStream } from './text-stream';

/** Tokens are bytes; id 256 is special; id 257 is " a", whose space is lost at the start of a text (SentencePiece). */
const tokenizer = {
  decode: async (ids: readonly number[]) => {
    const bytes = ids.flatMap((id) => (id < 256 ? [id] : id === 257 ? [32, 97] : []));
    return new TextDecoder().decode(Uint8Array.from(bytes)).replace(/^ /, '');
  },
};

async function stream(ids: number[]): Promise<string[]> {
  const textStream = createTextStream(tokenizer);
  const pieces = [];
  for (const id of ids) pieces.push(await textStream.push(id));
  return [...pieces, await textStream.flush()];
}

describe('createTextStream', () => {
  it('holds a character back until its last byte', async () => {
    expect(await stream([...Buffer.from('a你é')])).toEqual(['a', '', '', '你', '', 'é', '']);
  });

  it('shows an incomplete character at the end as U+FFFD', async () => {
    expect(await stream([...Buffer.from('你').subarray(0, 2)])).toEqual(['', '', '\uFFFD']);
  });

  it('keeps the space of a later token', async () => {
    expect(await stream([257, 257, 98])).toEqual(['a', ' a', 'b', '']);
  });

  it('emits nothing for a special token and continues after it', async () => {
    expect(await stream([97, 256, 98, 256])).toEqual(['a', '', 'b', '', '']);
  });

  it('emits the same text as one decode, for any bytes', async () => {
    const ids = Array.from({ length: 400 }, (_, i) => (i * 97 + 31 * i * i) % 256);
    expect((await stream(ids)).join('')).toBe(await tokenizer.decode(ids));
  });
});
