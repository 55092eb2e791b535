import { createParser } from 'eventsource-parser';

export interface Seen {
  id?: string;
  type: string;
  data: Record<string, unknown>;
}

/**
 * Reads the event stream of a pipeline, or of another resource, to its end.
 * @param after sent as Last-Event-ID
 * @param enough stops before the end
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
  const parser = createParser({
    onEvent: ({ event = '', data, id }) =>
      seen.push({ type: event, data: JSON.parse(data), ...(id !== undefined && { id }) }),
  });
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      parser.feed(chunk);
      if (enough(seen)) break;
    }
  } finally {
    leave.abort();
  }
  return seen;
}
