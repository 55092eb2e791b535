import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { GenerationService } from '../generation/generation.service';
import { planGeneration } from '../generation/generation-plan';
import { ModelsService } from '../models/models.service';
import { Endpoint } from './api';
import { CompletionFormat } from './completion-format';
import { completionSchema, readCompletionRequest } from './completion-request';
import { deadlineOf } from './deadline';
import { encodePrompt } from './encode-prompt';

/** https://platform.openai.com/docs/api-reference/completions/create */
@ApiTags('OpenAI')
@Controller('v1/completions')
export class CompletionsController {
  constructor(
    private readonly models: ModelsService,
    private readonly generation: GenerationService,
  ) {}

  @Post()
  @Endpoint('Continue a text', completionSchema)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const { prompts, bestOf, ...request } = readCompletionRequest(body);
    const served = await this.models.ready(request.model, deadlineOf(response));
    const model = served.requireLoaded();
    const { stream, logprobs: topLogProbs } = request;
    const includeUsage = request.stream_options?.include_usage ?? false;
    const choices = prompts.length * bestOf;
    const plan = async () => {
      const encoded = await Promise.all(prompts.map((prompt) => encodePrompt(model, prompt)));
      return planGeneration(model, encoded, { ...request, n: bestOf }, topLogProbs ?? null, false);
    };
    const textOf = async (index: number, ids: readonly number[]) => {
      const prompt = prompts[Math.floor(index / request.n)];
      // A prompt that was cut is what its tokens say.
      const isWhole = typeof prompt === 'string' && request.truncate_prompt_tokens === undefined;
      return isWhole ? prompt : model.tokenizer.decode(ids, { skipSpecialTokens: false });
    };
    const format = new CompletionFormat(model, {
      n: request.n,
      bestOf,
      logprobs: topLogProbs !== undefined,
      includeUsage,
      echo: request.echo ? textOf : null,
      promptLogProbs: request.prompt_logprobs,
      tokenIds: request.return_token_ids,
    });
    await this.generation.respond(response, { served, model, choices, plan, format, stream, includeUsage });
  }
}
