import type { IncomingMessage } from 'node:http';
import { ConnectionError } from './http-errors';
import type { HTTP_DEFAULTS, HttpOptions } from './http-options';

/**
 * The chunks of a response. Fails when no byte arrives for a while, when bytes arrive too slowly, or when the whole takes too long. Only
 * the time of waiting counts: while the reader is busy, the server is not at fault. The signal interrupts a wait.
 * @throws ConnectionError
 */
export async function* withTimeLimits(
  response: IncomingMessage,
  limits: HttpOptions & typeof HTTP_DEFAULTS,
  name: string,
): AsyncGenerator<Buffer> {
  const { idleTimeoutMs, slowAfterMs, leastBytesPerSecond, totalTimeoutMs, signal } = limits;
  const iterator: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
  const interrupt = () => response.destroy(signal?.reason);
  signal?.addEventListener('abort', interrupt, { once: true });
  let waited = 0;
  let read = 0;
  try {
    for (;;) {
      const ends: [number, string][] = [
        [idleTimeoutMs, `no byte arrived for ${idleTimeoutMs} ms`],
        [
          slowAfterMs + (read / leastBytesPerSecond) * 1000 - waited,
          `fewer than ${leastBytesPerSecond} bytes arrive in a second`,
        ],
        [totalTimeoutMs - waited, `the transfer takes more than ${totalTimeoutMs} ms`],
      ];
      const [milliseconds, reason] = ends.reduce((first, other) => (other[0] < first[0] ? other : first));
      const start = performance.now();
      const timer = setTimeout(
        () => response.destroy(new ConnectionError(`${name}: ${reason}. Try again.`)),
        Math.max(0, milliseconds),
      );
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      waited += performance.now() - start;
      read += next.value.length;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}
