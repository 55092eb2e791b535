import { Inject, Injectable } from '@nestjs/common';
import type { TextGeneration } from '@open-chatgpt/generation';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import type { Response } from 'express';
import type { LoadedModel } from '../models/loaded-model';
import type { Served } from '../models/served';
import { EventStream } from '../openai/event-stream';
import { toOpenAiError } from '../openai/openai-error.filter';
import type { ResponseFormat, Usage } from '../openai/response-format';
import { ActiveRequests } from './active-requests';
import { type ChoiceListener, type Delta, generateChoices } from './generate-choices';
import type { GenerationPlan } from './generation-plan';
import { InferenceMetrics } from './inference-metrics';
import { type ReadPrompt, readPrompts } from './read-prompts';

export interface GenerationRequest {
  served: Served;
  model: LoadedModel;
  /** The number of completions. */
  choices: number;
  /** Encodes the prompts. @throws OpenAiError */
  plan: () => Promise<GenerationPlan>;
  format: ResponseFormat;
  stream: boolean;
  includeUsage: boolean;
}

/** Responds to requests with generated text. */
@Injectable()
export class GenerationService {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly active: ActiveRequests,
    private readonly metrics: InferenceMetrics,
  ) {}

  /**
   * Resolves when the response has ended. A request is admitted before its prompts are encoded, which bounds the number of prompts
   * in memory. A client that disconnects frees its rows of the batch.
   * @throws OpenAiError before the first byte is sent
   */
  respond(response: Response, request: GenerationRequest): Promise<void> {
    const { served, choices } = request;
    return this.active.run(response, served, choices, (signal) => this.generate(response, request, signal));
  }

  private async generate(response: Response, request: GenerationRequest, signal: AbortSignal): Promise<void> {
    const observed = this.metrics.observe(request.model.name);
    const plan = await request.plan();
    try {
      const prompts = await readPrompts(request.model, plan, signal);
      const choices = request.stream
        ? await this.stream(response, request, plan, prompts, observed.onToken, signal)
        : await this.send(response, request, plan, prompts, observed.onToken, signal);
      observed.onPrefixes(choices);
      observed.onFinish(plan.promptTokens, choices);
    } catch (error) {
      observed.onError(plan.promptTokens, signal.aborted);
      if (response.destroyed) return;
      if (!response.headersSent) throw error;
      await new EventStream(response, request.format.style).fail(
        toOpenAiError(error, this.logger, { model: request.model.name }),
      );
    }
  }

  private async send(
    response: Response,
    { model, format }: GenerationRequest,
    plan: GenerationPlan,
    prompts: readonly ReadPrompt[],
    onToken: ChoiceListener['onToken'],
    signal: AbortSignal,
  ): Promise<TextGeneration[]> {
    const deltas: Delta[][] = plan.prompts.map(() => []);
    const listener: ChoiceListener = {
      onToken,
      onDelta: (delta) => void deltas[delta.index].push(delta),
      onFinish: () => undefined,
    };
    const generations = await generateChoices(model, plan, listener, signal);
    const choices = generations.map((generation, index) => ({
      ...generation,
      prompt: prompts[index],
      deltas: deltas[index],
    }));
    response.send(await format.response(choices, usageOf(plan, generations)));
    return generations;
  }

  private async stream(
    response: Response,
    { model, format, includeUsage }: GenerationRequest,
    plan: GenerationPlan,
    prompts: readonly ReadPrompt[],
    onToken: ChoiceListener['onToken'],
    signal: AbortSignal,
  ): Promise<TextGeneration[]> {
    const events = new EventStream(response, format.style);
    const started = new Set<number>();
    const start = (index: number) => {
      if (!started.has(index)) events.send(() => format.firstChunk(index, prompts[index]));
      started.add(index);
    };
    const listener: ChoiceListener = {
      onToken,
      onDelta(delta) {
        start(delta.index);
        events.send(() => format.deltaChunk(delta));
      },
      onFinish(index, generation) {
        start(index);
        events.send(() => format.lastChunk(index, generation));
      },
    };
    const generations = await generateChoices(model, plan, listener, signal);
    if (includeUsage) events.send(() => format.usageChunk(usageOf(plan, generations)));
    await events.end();
    return generations;
  }
}

function usageOf({ prompts, promptTokens }: GenerationPlan, generations: readonly TextGeneration[]): Usage {
  const completionTokens = generations.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens(prompts, generations) },
  };
}

/** Choices of one prompt are copies of the first one, so the least of their numbers counts. */
function cachedTokens(
  prompts: readonly (readonly number[])[],
  generations: readonly TextGeneration[],
): number {
  const least = new Map<readonly number[], number>();
  for (const [i, { cachedTokens }] of generations.entries())
    least.set(prompts[i], Math.min(cachedTokens, least.get(prompts[i]) ?? cachedTokens));
  return [...least.values()].reduce((sum, tokens) => sum + tokens, 0);
}
