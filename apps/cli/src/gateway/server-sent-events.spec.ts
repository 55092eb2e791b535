import { readServerSentEvents } from './server-sent-events';

async function read(...chunks: string[]) {
  async function* body() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const events = [];
  for await (const event of readServerSentEvents(body())) events.push(event);
  return events;
}

describe('readServerSentEvents', () => {
  it.each([
    ['whole', ['event: a\ndata: 1\n\nevent: b\ndata: 2\n\n']],
    ['cut anywhere', ['eve', 'nt: a\nda', 'ta: 1\n', '\nevent: b\ndata: ', '2\n\n']],
    ['with CRLF and comments', [': ping\r\nevent: a\r\ndata: 1\r\n\r\nevent: b\r\ndata: 2\r\n\r\n']],
  ])('%s', async (_, chunks) => {
    expect(await read(...chunks)).toEqual([
      { type: 'a', data: '1' },
      { type: 'b', data: '2' },
    ]);
  });

  it('gives each event the last id that came', async () => {
    expect(await read('data: 0\n\nid: 7\ndata: 1\n\ndata: 2\n\nid: 8\ndata: 3\n\n')).toEqual([
      { type: 'message', data: '0' },
      { type: 'message', data: '1', id: '7' },
      { type: 'message', data: '2', id: '7' },
      { type: 'message', data: '3', id: '8' },
    ]);
  });

  it('joins lines of data, and leaves out what has none or is not finished', async () => {
    expect(await read('data: x\ndata: y\n\nevent: none\n\ndata: cut')).toEqual([
      { type: 'message', data: 'x\ny' },
    ]);
  });

  it('takes a character cut in two', async () => {
    const bytes = Buffer.from('data: 猫\n\n');
    async function* body() {
      yield bytes.subarray(0, 7);
      yield bytes.subarray(7);
    }
    const events = [];
    for await (const event of readServerSentEvents(body())) events.push(event);
    expect(events).toEqual([{ type: 'message', data: '猫' }]);
  });
});
