export interface Seen {
  id?: string;
  type: string;
  data: Record<string, unknown>;
}

/**
 * Reads the event stream of a pipeline, or of another resource, to its end, or until it has seen what it wanted.
 * @param after sent as Last-Event-ID
 */
export async function watch(
  url: string,
  id: string,
  {
    after,
    enough = () => false,
    kind = 'pipelines',
  }: { after?: string; enough?: (seen: Seen[]) => boolean; kind?: string } = {},
): Promise<Seen[]> {
  const leave = new AbortController();
  const response = await fetch(`${url}/v1/${kind}/${id}/events`, {
    headers: after === undefined ? {} : { 'last-event-id': after },
    signal: leave.signal,
  });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  const seen: Seen[] = [];
  let text = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      seen.push(...blocks.map(parse).filter((event) => event !== null));
      if (enough(seen)) break;
    }
  } finally {
    leave.abort();
  }
  return seen;
}

function parse(block: string): Seen | null {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const [type, data, id] = [field('event'), field('data'), field('id')];
  if (type === undefined || data === undefined) return null;
  return { type, data: JSON.parse(data), ...(id !== undefined && { id }) };
}
