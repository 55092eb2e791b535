import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { GenerationService } from '../generation/generation.service';
import { planGeneration } from '../generation/generation-plan';
import type { LoadedModel } from '../models/loaded-model';
import { ModelsService } from '../models/models.service';
import { type AnswerForm, answerForm } from '../tools/answer-reader';
import type { ChatRequest } from './chat-request';
import { deadlineOf } from './deadline';
import { encodeMessages } from './encode-messages';
import type { ResponseFormat } from './response-format';

/** Answers conversations, in the format of any API. */
@Injectable()
export class ChatService {
  constructor(
    private readonly models: ModelsService,
    private readonly generation: GenerationService,
  ) {}

  /**
   * Resolves when the response has ended.
   * @param formatFor makes the format of the response
   * @param includeUsage whether a stream ends with the usage
   * @throws OpenAiError before the first byte is sent
   */
  async respond(
    response: Response,
    request: ChatRequest,
    formatFor: (model: LoadedModel, form: AnswerForm) => ResponseFormat,
    includeUsage: boolean,
  ): Promise<void> {
    const served = await this.models.ready(request.model, deadlineOf(response));
    const model = served.requireLoaded();
    const { stream, n: choices, top_logprobs: topLogProbs = 0 } = request;
    const plan = async () =>
      planGeneration(model, [await encodeMessages(model, request)], request, topLogProbs, true);
    const format = formatFor(model, answerForm(model, request));
    await this.generation.respond(response, { served, model, choices, plan, format, stream, includeUsage });
  }
}
