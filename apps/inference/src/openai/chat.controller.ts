import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { RequireScope } from '@open-chatgpt/service';
import type { Response } from 'express';
import { GenerationService } from '../generation/generation.service';
import { planGeneration } from '../generation/generation-plan';
import { ModelsService } from '../models/models.service';
import { ChatFormat } from './chat-format';
import { readChatRequest } from './chat-request';
import { encodeMessages } from './encode-messages';

/** https://platform.openai.com/docs/api-reference/chat/create */
@RequireScope('inference')
@Controller('v1/chat/completions')
export class ChatController {
  constructor(
    private readonly models: ModelsService,
    private readonly generation: GenerationService,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const request = readChatRequest(body);
    const served = this.models.get(request.model);
    const model = served.requireLoaded();
    const { stream, n: choices, logprobs, top_logprobs: topLogProbs = 0 } = request;
    const includeUsage = request.stream_options?.include_usage ?? false;
    const plan = async () =>
      planGeneration(model, [await encodeMessages(model, request)], request, topLogProbs, true);
    const format = new ChatFormat(model, { logprobs, includeUsage });
    await this.generation.respond(response, { served, model, choices, plan, format, stream, includeUsage });
  }
}
