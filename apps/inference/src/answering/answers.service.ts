import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { TextGeneration } from '@open-chatgpt/generation';
import { CONFIG, LOGGER, type Logger } from '@open-chatgpt/service';
import type { Response } from 'express';
import type { InferenceConfig } from '../config/inference-config';
import type { LoadedModel, ServedModel } from '../models/served-model';
import type { AnswerFormat, Usage } from '../openai/answer-format';
import { EventStream } from '../openai/event-stream';
import { stopping } from '../openai/openai-error';
import { toOpenAiError } from '../openai/openai-error.filter';
import { type AnswerListener, answer, type Piece } from './answer';
import type { GenerationPlan } from './generation-options';
import { InferenceMetrics } from './inference-metrics';

export interface AnswerJob {
  served: ServedModel;
  model: LoadedModel;
  plan: GenerationPlan;
  format: AnswerFormat;
  stream: boolean;
  includeUsage: boolean;
}

/** Gives answers to requests, and knows which are in hand. */
@Injectable()
export class AnswersService implements BeforeApplicationShutdown {
  private readonly inHand = new Map<Promise<void>, AbortController>();
  private isStopping = false;

  constructor(
    @Inject(CONFIG) private readonly config: InferenceConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: InferenceMetrics,
  ) {}

  /**
   * Resolves when the response has ended. A client that leaves frees its places in the batch.
   * @throws OpenAiError, as long as nothing was sent
   */
  async give(response: Response, job: AnswerJob): Promise<void> {
    if (this.isStopping) throw stopping();
    const release = job.served.admit(job.plan.prompts.length);
    const abort = new AbortController();
    const left = () => abort.abort();
    response.once('close', left);
    const work = this.respond(response, job, abort.signal);
    this.inHand.set(work, abort);
    try {
      await work;
    } finally {
      this.inHand.delete(work);
      response.off('close', left);
      release();
    }
  }

  /** Answers in hand are finished; what takes longer than the configured time is cut off with an error. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const { inferenceShutdownSeconds } = this.config;
    const ended = () => Promise.allSettled([...this.inHand.keys()]);
    const timer = setTimeout(() => {
      this.logger.warn({ answers: this.inHand.size }, 'answers in hand are cut off');
      for (const abort of this.inHand.values()) abort.abort(stopping());
    }, inferenceShutdownSeconds * 1000);
    await ended();
    clearTimeout(timer);
  }

  private async respond(response: Response, job: AnswerJob, signal: AbortSignal): Promise<void> {
    const { model, plan } = job;
    const observed = this.metrics.begin(model.name);
    try {
      const answers = job.stream
        ? await this.stream(response, job, observed.token, signal)
        : await this.send(response, job, observed.token, signal);
      observed.end(plan.promptTokens, answers);
    } catch (error) {
      observed.fail(plan.promptTokens, signal.aborted);
      if (response.destroyed) return;
      if (!response.headersSent) throw error;
      await new EventStream(response).fail(toOpenAiError(error, this.logger));
    }
  }

  private async send(
    response: Response,
    { model, plan, format }: AnswerJob,
    onToken: AnswerListener['onToken'],
    signal: AbortSignal,
  ): Promise<TextGeneration[]> {
    const pieces: Piece[][] = plan.prompts.map(() => []);
    const listener: AnswerListener = {
      onToken,
      onPiece: (piece) => void pieces[piece.index].push(piece),
      onEnd: () => undefined,
    };
    const answers = await answer(model, plan, listener, signal);
    const whole = answers.map((one, index) => ({ ...one, pieces: pieces[index] }));
    response.send(await format.whole(whole, usageOf(plan, answers)));
    return answers;
  }

  private async stream(
    response: Response,
    { model, plan, format, includeUsage }: AnswerJob,
    onToken: AnswerListener['onToken'],
    signal: AbortSignal,
  ): Promise<TextGeneration[]> {
    const events = new EventStream(response);
    const begun = new Set<number>();
    const begin = (index: number) => {
      if (!begun.has(index)) events.send(() => format.begin(index));
      begun.add(index);
    };
    const listener: AnswerListener = {
      onToken,
      onPiece(piece) {
        begin(piece.index);
        events.send(() => format.piece(piece));
      },
      onEnd(index, finishReason) {
        begin(index);
        events.send(() => format.end(index, finishReason));
      },
    };
    const answers = await answer(model, plan, listener, signal);
    if (includeUsage) events.send(() => format.usage(usageOf(plan, answers)));
    await events.end();
    return answers;
  }
}

function usageOf({ promptTokens }: GenerationPlan, answers: readonly TextGeneration[]): Usage {
  const completionTokens = answers.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
