import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** One end of a connection between two threads, of which one waits for the answers of the other. */
export interface ThreadEnd {
  port: MessagePort;
  /** One integer: 1 once the answer is there. */
  answered: SharedArrayBuffer;
}

/** Both ends of a new connection: of the thread that asks, and of the one that answers. */
export function connectThreads(): [asking: ThreadEnd, answering: ThreadEnd] {
  const { port1, port2 } = new MessageChannel();
  const answered = new SharedArrayBuffer(4);
  return [port1, port2].map((port) => ({ port, answered })) as [ThreadEnd, ThreadEnd];
}

/** Asks another thread, and blocks this one until it answers. */
export function ask<Answer>({ port, answered }: ThreadEnd, question: unknown): Answer {
  const flag = new Int32Array(answered);
  Atomics.store(flag, 0, 0);
  port.postMessage(question);
  Atomics.wait(flag, 0, 0);
  return receiveMessageOnPort(port)!.message as Answer;
}

/** Answers the questions of another thread. */
export function answerEach<Question>(
  { port, answered }: ThreadEnd,
  answer: (question: Question) => Promise<unknown>,
): void {
  const flag = new Int32Array(answered);
  port.on('message', async (question: Question) => {
    port.postMessage(await answer(question));
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
}
