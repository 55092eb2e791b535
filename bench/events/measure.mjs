import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `events` are told by so many runs at once (`senders`), each waiting until its event is stored before it tells the next;
 * `backlog` more are there when it comes to consuming; then one run alone tells `probes` events, with a pause after each.
 */
export const SHAPE = {
  events: 6000,
  senders: 12,
  partitions: 12,
  backlog: 24_000,
  probes: 200,
  probeEveryMs: 20,
};

const MANY = 1000;

/**
 * One step, the same for ours and the peer: events are published while nobody consumes; then they are consumed; then
 * single ones are sent, to see how long each takes from `publish` to its handler.
 * @param way `send(sender, index)` and `sendMany([[sender, index] …])` resolve when the events are stored; `pause` and `resume` its consumer; it calls
 * `counter.handled(index)` at the start of each handler, and `counter.done()` when its effect is done
 */
export async function measureStep({ send, sendMany, pause, resume }, counter) {
  const { events, senders, backlog, probes, probeEveryMs } = SHAPE;
  await pause();
  counter.reset();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: senders }, async (_, sender) => {
      for (let index = sender; index < events; index += senders) await send(sender, index);
    }),
  );
  const published = performance.now();
  for (let at = 0; at < backlog; at += MANY)
    await sendMany(Array.from({ length: MANY }, (_, i) => [i % senders, at + i]));
  const beginning = counter.next();
  await resume();
  // From the first one on: how soon a paused consumer looks again is not the matter here.
  const first = await beginning;
  await counter.until(events + backlog);
  const consumed = performance.now();

  const latencies = [];
  for (let probe = 0; probe < probes; probe++) {
    counter.reset();
    const sent = performance.now();
    const [at] = await Promise.all([counter.next(), send(0, probe)]);
    latencies.push(at - sent);
    await sleep(probeEveryMs);
  }
  return {
    ms: published - began + (consumed - first),
    publishedPerSecond: (events / (published - began)) * 1000,
    consumedPerSecond: ((events + backlog) / (consumed - first)) * 1000,
    latencies,
  };
}

/** Counts what handlers get. */
export class Counter {
  #count = 0;
  #wanted;
  #first;

  reset() {
    this.#count = 0;
  }

  /** A handler begins. */
  handled() {
    this.#first?.(performance.now());
    this.#first = undefined;
  }

  /** Its effect is done. */
  done() {
    this.#count += 1;
    if (this.#wanted && this.#count >= this.#wanted.count) this.#wanted.resolve();
  }

  /** Resolves when so many effects are done. */
  async until(count) {
    if (this.#count < count) await new Promise((resolve) => (this.#wanted = { count, resolve }));
    this.#wanted = undefined;
  }

  /** Resolves with the time at which the next handler begins. */
  next() {
    return new Promise((resolve) => (this.#first = resolve));
  }
}

/** What every sender tells: a step of a run, of the size that trainers send. */
export const progressOf = (sender, step) => ({
  runId: `bench-${sender}`,
  pipelineId: 'bench',
  stage: 'sft',
  attempt: 1,
  phase: 'training',
  step,
  totalSteps: 1_000_000,
  metrics: { loss: 1 / (step + 1), learningRate: 2e-5, gradientNorm: 0.731, epoch: step / 1000 },
  tokens: 16_384,
  seconds: 0.354,
});
