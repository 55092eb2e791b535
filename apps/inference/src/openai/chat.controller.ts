import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Endpoint } from './api';
import { ChatService } from './chat.service';
import { ChatFormat } from './chat-format';
import { chatSchema, readChatRequest } from './chat-request';

/** https://platform.openai.com/docs/api-reference/chat/create */
@ApiTags('OpenAI')
@Controller('v1/chat/completions')
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  @Post()
  @Endpoint('Answer a conversation', chatSchema)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const request = readChatRequest(body);
    const { logprobs } = request;
    const includeUsage = request.stream_options?.include_usage ?? false;
    await this.chat.respond(
      response,
      request,
      (model, form) =>
        new ChatFormat(model, {
          logprobs,
          includeUsage,
          form,
          promptLogProbs: request.prompt_logprobs,
          tokenIds: request.return_token_ids,
        }),
      includeUsage,
    );
  }
}
