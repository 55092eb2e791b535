import { readServerSentEvents } from './server-sent-events';

async function read(...chunks: (string | Uint8Array)[]) {
  async function* body() {
    for (const chunk of chunks) yield Buffer.from(chunk as string);
  }
  const events = [];
  for await (const event of readServerSentEvents(body())) events.push(event);
  return events;
}

describe('readServerSentEvents', () => {
  it.each([
    ['in one chunk', ['event: a\ndata: 1\n\nid: 7\nevent: b\ndata: 2\n\n']],
    ['cut anywhere', ['eve', 'nt: a\nda', 'ta: 1\n', '\nid: 7\nevent: b\ndata: ', '2\n\n']],
    ['with CRLF and comments', [': ping\r\nevent: a\r\ndata: 1\r\n\r\nid: 7\r\nevent: b\r\ndata: 2\r\n\r\n']],
  ])('reads events %s', async (_, chunks) => {
    expect(await read(...chunks)).toEqual([
      { event: 'a', data: '1' },
      { event: 'b', data: '2', id: '7' },
    ]);
  });

  it('joins lines of data, and leaves out an event without data or without an end', async () => {
    expect(await read('data: x\ndata: y\n\nevent: none\n\ndata: cut')).toEqual([{ data: 'x\ny' }]);
  });

  it('reads a character that is cut in two', async () => {
    const bytes = Buffer.from('data: 猫\n\n');
    expect(await read(bytes.subarray(0, 7), bytes.subarray(7))).toEqual([{ data: '猫' }]);
  });
});
