import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `senders` concurrent runs publish `events`; each waits until an event is stored before it publishes the next. `backlog`
 * more are stored before consuming starts. Then one run publishes `probes` events, with a pause after each.
 */
export const SHAPE = {
  events: 6000,
  senders: 12,
  partitions: 12,
  backlog: 24_000,
  probes: 200,
  probeEveryMs: 20,
};

const BATCH = 1000;

/**
 * One step, the same for ours and the peer: events are published while the consumer is paused; then they are consumed; then
 * single events are sent, to measure the latency from `publish` to the handler.
 * @param bus `send(sender, index)` and `sendMany([[sender, index] …])` resolve when the events are stored; `pause` and `resume`
 * its consumer. The handler calls `counter.handled()` at its start and `counter.done()` at its end
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
  for (let at = 0; at < backlog; at += BATCH)
    await sendMany(Array.from({ length: BATCH }, (_, i) => [i % senders, at + i]));
  const beginning = counter.next();
  await resume();
  // From the first event on: how soon a paused consumer polls again is not measured here.
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

/** Counts the events that handlers receive. */
export class Counter {
  #count = 0;
  #wanted;
  #first;

  reset() {
    this.#count = 0;
  }

  /** A handler starts. */
  handled() {
    this.#first?.(performance.now());
    this.#first = undefined;
  }

  /** A handler ends. */
  done() {
    this.#count += 1;
    if (this.#wanted && this.#count >= this.#wanted.count) this.#wanted.resolve();
  }

  /** Resolves when so many handlers have ended. */
  async until(count) {
    if (this.#count < count) await new Promise((resolve) => (this.#wanted = { count, resolve }));
    this.#wanted = undefined;
  }

  /** Resolves with the time at which the next handler starts. */
  next() {
    return new Promise((resolve) => (this.#first = resolve));
  }
}

/** The payload: a step of a run, of the size that trainers publish. */
export const progressOf = (sender, step) => ({
  runId: `bench-${sender}`,
  pipelineId: 'bench',
  stage: 'sft',
  algorithm: 'sft',
  attempt: 1,
  phase: 'training',
  step,
  totalSteps: 1_000_000,
  metrics: { loss: 1 / (step + 1), learningRate: 2e-5, gradientNorm: 0.731, epoch: step / 1000 },
  tokens: 16_384,
  seconds: 0.354,
});
