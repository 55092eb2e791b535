import { Body, Controller, HttpCode, Post, Res, UseFilters } from '@nestjs/common';
import { RequireScope } from '@open-chatgpt/service';
import type { Response } from 'express';
import { ModelsService } from '../models/models.service';
import { ChatService } from '../openai/chat.service';
import { encodeMessages } from '../openai/encode-messages';
import { AnthropicErrorFilter } from './anthropic-error.filter';
import { MessagesFormat } from './messages-format';
import { readCountRequest, readMessagesRequest } from './messages-request';

/** https://docs.anthropic.com/en/api/messages */
@RequireScope('inference')
@UseFilters(AnthropicErrorFilter)
@Controller('v1/messages')
export class MessagesController {
  constructor(
    private readonly chat: ChatService,
    private readonly models: ModelsService,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const { chat, stopSequences } = readMessagesRequest(body);
    const formatFor = () => new MessagesFormat(chat.model, stopSequences);
    await this.chat.respond(response, chat, formatFor, true);
  }

  @Post('count_tokens')
  @HttpCode(200)
  async count(@Body() body: unknown) {
    const chat = readCountRequest(body);
    const tokens = await encodeMessages(this.models.get(chat.model).requireLoaded(), chat);
    return { input_tokens: tokens.length };
  }
}
