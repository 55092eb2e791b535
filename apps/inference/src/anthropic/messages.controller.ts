import { Body, Controller, Post, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ModelsService } from '../models/models.service';
import { Endpoint } from '../openai/api';
import { ChatService } from '../openai/chat.service';
import { encodeMessages } from '../openai/encode-messages';
import { AnswerReaders } from '../tools/answer-reader';
import { AnthropicErrorFilter } from './anthropic-error.filter';
import { MessagesFormat } from './messages-format';
import { countSchema, messagesSchema, readCountRequest, readMessagesRequest } from './messages-request';

/** https://docs.anthropic.com/en/api/messages */
@ApiTags('Anthropic')
@UseFilters(AnthropicErrorFilter)
@Controller('v1/messages')
export class MessagesController {
  constructor(
    private readonly chat: ChatService,
    private readonly models: ModelsService,
  ) {}

  @Post()
  @Endpoint('Answer a conversation', messagesSchema)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const { chat, stopSequences } = readMessagesRequest(body);
    await this.chat.respond(
      response,
      chat,
      (model, form) => new MessagesFormat(chat.model, stopSequences, new AnswerReaders(model, form)),
      true,
    );
  }

  @Post('count_tokens')
  @Endpoint('Count the tokens of a conversation', countSchema)
  async count(@Body() body: unknown) {
    const chat = readCountRequest(body);
    const model = (await this.models.ready(chat.model)).requireLoaded();
    const tokens = await encodeMessages(model, chat);
    return { input_tokens: tokens.length };
  }
}
