export interface ServerSentEvent {
  type: string;
  data: string;
  /** The last one that the stream gave: what a reader that lost the stream sends as Last-Event-ID. */
  id?: string;
}

/** The events of a `text/event-stream` body (WHATWG HTML, section 9.2.6); `retry` is left out. */
export async function* readServerSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let text = '';
  let type = '';
  let data: string[] = [];
  let id: string | undefined;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split(/\r\n|\n|\r/);
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0)
          yield { type: type || 'message', data: data.join('\n'), ...(id !== undefined && { id }) };
        [type, data] = ['', []];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') type = value;
      if (field === 'data') data.push(value);
      if (field === 'id') id = value;
    }
  }
}
