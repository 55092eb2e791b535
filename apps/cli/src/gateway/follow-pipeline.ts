import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayClient, GatewayRefused } from './gateway-client';
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events';

export interface FollowOptions {
  signal: AbortSignal;
  /** Told when the stream was lost, with the reason. */
  onLost: (reason: string) => void;
  /** How long the gateway may be away, in milliseconds. */
  patience?: number;
}

const PATIENCE_MS = 120_000;
/** Between one try and the next. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/**
 * What happens to a pipeline, from its beginning to its end. A stream that is lost is taken up again after the last event
 * that came, with the same gateway or with another one behind the same URL.
 * @throws GatewayUnreachable when it stays away, GatewayRefused when it refuses
 */
export async function* followPipeline(
  gateway: GatewayClient,
  pipelineId: string,
  { signal, onLost, patience = PATIENCE_MS }: FollowOptions,
): AsyncGenerator<ServerSentEvent> {
  let after: string | undefined;
  let heardAt = Date.now();
  let wait = FIRST_WAIT_MS;
  let lost = false;
  for (;;) {
    let reason = 'the stream ended early';
    try {
      for await (const event of readServerSentEvents(await gateway.openEvents(pipelineId, after, signal))) {
        [after, heardAt, wait, lost] = [event.id ?? after, Date.now(), FIRST_WAIT_MS, false];
        yield event;
        if (event.type === 'pipeline') return;
      }
    } catch (error) {
      // A refusal stands; a connection that broke, or was never made, may come back.
      if (signal.aborted || error instanceof GatewayRefused || Date.now() - heardAt > patience) throw error;
      reason = (error as Error).message;
    }
    if (!lost) onLost(reason);
    lost = true;
    await sleep(wait, undefined, { signal });
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
}
