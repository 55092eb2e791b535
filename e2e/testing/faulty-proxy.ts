import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A fault of one request. */
export type Fault =
  /** A response instead of the server's, which does not get the request, or executes it nevertheless. */
  | { status: number; code?: string; done?: boolean }
  /** The connection breaks: before the server gets the request, after it has executed it, or in the middle of its response. */
  | { cut: 'request' | 'answer' | { afterBytes: number } }
  /** The connection stalls: no response, or none after so many bytes. */
  | { stall: 'request' | { afterBytes: number } }
  /** One bit of the body is flipped. */
  | { flip: 'request' | 'answer' }
  /** Each chunk of the response is delayed by so many milliseconds. */
  | { delayMs: number };

export interface FaultyProxy {
  endpoint: string;
  /** Method and path of the requests since the last `fail`. */
  requests: string[];
  /** From now on `fault` chooses the fault of each request; `index` counts those whose method and path match `pattern`. */
  fail(pattern: RegExp, fault: (index: number) => Fault | null): void;
  stop(): Promise<void>;
}

/** A proxy between an S3 client and its server, on loopback, that injects faults. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let pattern = /$^/;
  let fault: (index: number) => Fault | null = () => null;
  let matched = 0;
  const proxy = createServer((incoming, answer) => {
    const what = `${incoming.method} ${incoming.url}`;
    result.requests.push(what);
    const broken = pattern.test(what) ? fault(matched++) : null;
    handle(target, incoming, answer, broken).catch(() => answer.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const result: FaultyProxy = {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests: [],
    fail(wanted, decide) {
      [pattern, fault, matched] = [wanted, decide, 0];
      result.requests.length = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
  return result;
}

function flipped(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy[copy.length >> 1] ^= 1;
  return copy;
}

function refuse(
  answer: ServerResponse,
  { status, code = 'InternalError' }: { status: number; code?: string },
) {
  const error = `<Error><Code>${code}</Code><Message>made to fail</Message></Error>`;
  answer.writeHead(status, { 'content-type': 'application/xml' }).end(error);
}

async function handle(
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  fault: Fault | null,
): Promise<void> {
  const received = await buffer(incoming);
  if (fault && 'status' in fault && !fault.done) return refuse(answer, fault);
  const cut = fault && 'cut' in fault ? fault.cut : null;
  const stall = fault && 'stall' in fault ? fault.stall : null;
  const flip = fault && 'flip' in fault ? fault.flip : null;
  if (stall === 'request') return;
  if (cut === 'request') return void answer.destroy();

  const { method, url, headers } = incoming;
  // The Host header stays the proxy's, because the signature covers it.
  const forwarded = request(target + url, { method, headers });
  forwarded.end(flip === 'request' ? flipped(received) : received);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    forwarded.on('response', resolve).on('error', reject);
  });
  const all = await buffer(response);
  if (fault && 'status' in fault) return refuse(answer, fault);
  if (cut === 'answer') return void answer.destroy();
  const content = flip === 'answer' ? flipped(all) : all;
  answer.writeHead(response.statusCode ?? 0, response.headers);
  const stop = [cut, stall].find((one) => typeof one === 'object' && one !== null) as
    | { afterBytes: number }
    | undefined;
  if (stop) {
    answer.write(content.subarray(0, stop.afterBytes), () => void (cut && answer.destroy()));
    return;
  }
  if (fault && 'delayMs' in fault)
    for (const at of [0, 1, 2, 3]) {
      const [from, to] = [at, at + 1].map((quarter) => Math.floor((content.length * quarter) / 4));
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      answer.write(content.subarray(from, to));
    }
  else answer.write(content);
  answer.end();
}
