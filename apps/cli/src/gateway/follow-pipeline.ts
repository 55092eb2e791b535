import { setTimeout as sleep } from 'node:timers/promises';
import type { EventSourceMessage } from 'eventsource-parser';
import { type GatewayClient, GatewayRefused } from './gateway-client';
import { readServerSentEvents } from './server-sent-events';

export interface FollowOptions {
  signal: AbortSignal;
  /** Called with the reason when the stream breaks off. */
  onLost: (reason: string) => void;
  /** How long the gateway may be unreachable, in milliseconds. */
  patience?: number;
}

const PATIENCE_MS = 120_000;
/** Between two connections; doubles up to the longest wait. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/**
 * The events of a pipeline, from its first to its last. When the stream breaks off, it reconnects and continues after the
 * last event received, with the same gateway or with another one behind the same URL.
 * @throws GatewayUnreachable when no gateway answers for `patience`, GatewayRefused when it refuses the request
 */
export async function* followPipeline(
  gateway: GatewayClient,
  pipelineId: string,
  { signal, onLost, patience = PATIENCE_MS }: FollowOptions,
): AsyncGenerator<EventSourceMessage> {
  let after: string | undefined;
  let heardAt = performance.now();
  let wait = FIRST_WAIT_MS;
  let lost = false;
  for (;;) {
    let reason = 'the stream ended early';
    try {
      for await (const event of readServerSentEvents(await gateway.openEvents(pipelineId, after, signal))) {
        [after, heardAt, wait, lost] = [event.id ?? after, performance.now(), FIRST_WAIT_MS, false];
        yield event;
        if (event.event === 'pipeline') return;
      }
    } catch (error) {
      // A refusal is final; a broken connection may be temporary.
      if (signal.aborted || error instanceof GatewayRefused || performance.now() - heardAt > patience)
        throw error;
      reason = (error as Error).message;
    }
    if (!lost) onLost(reason);
    lost = true;
    await sleep(wait, undefined, { signal });
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
}
