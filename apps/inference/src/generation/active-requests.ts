import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER, type Logger } from '@open-chatgpt/service';
import type { Response } from 'express';
import type { InferenceConfig } from '../config/inference-config';
import type { Served } from '../models/served';
import { deadlineOf } from '../openai/deadline';
import { shuttingDown } from '../openai/openai-error';

/** Admits requests to the queue of their model, and ends them when the client disconnects, their deadline passes or the service stops. */
@Injectable()
export class ActiveRequests implements BeforeApplicationShutdown {
  private readonly active = new Map<Promise<void>, AbortController>();
  private isStopping = false;

  constructor(
    @Inject(CONFIG) private readonly config: InferenceConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Resolves when the work has ended. Its signal is aborted when the client disconnects, its deadline
   * passes, or the service stops waiting for it.
   * @param places of the batch and its queue
   * @throws OpenAiError when the queue is full, the deadline has passed or the service stops; the error of the work
   */
  async run(
    response: Response,
    served: Served,
    places: number,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.isStopping) throw shuttingDown();
    const deadline = deadlineOf(response);
    deadline.throwIfAborted();
    const release = served.admit(places);
    const abort = new AbortController();
    const onClose = () => abort.abort();
    const onDeadline = () => abort.abort(deadline.reason);
    response.once('close', onClose);
    deadline.addEventListener('abort', onDeadline);
    const running = work(abort.signal);
    this.active.set(running, abort);
    try {
      await running;
    } finally {
      this.active.delete(running);
      response.off('close', onClose);
      deadline.removeEventListener('abort', onDeadline);
      release();
    }
  }

  /** Waits for active requests. Those that take longer than the configured time are aborted with an error. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const { inferenceShutdownSeconds } = this.config;
    const timer = setTimeout(() => {
      this.logger.warn(
        { requests: this.active.size },
        'Active requests are aborted: the time to stop is over',
      );
      for (const abort of this.active.values()) abort.abort(shuttingDown());
    }, inferenceShutdownSeconds * 1000);
    await Promise.allSettled([...this.active.keys()]);
    clearTimeout(timer);
  }
}
