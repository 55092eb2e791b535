import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { Caller, RequireScope } from '@open-chatgpt/service';
import type { Response } from 'express';
import { ChatService } from '../openai/chat.service';
import { ResponsesFormat } from './response-format';
import { chatOf, messagesOf, readResponsesRequest } from './response-request';
import { ResponsesService } from './responses.service';

/** https://platform.openai.com/docs/api-reference/responses */
@RequireScope('inference')
@Controller('v1/responses')
export class ResponsesController {
  constructor(
    private readonly chat: ChatService,
    private readonly responses: ResponsesService,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Body() body: unknown, @Res() response: Response, @Caller() caller: string): Promise<void> {
    const request = readResponsesRequest(body);
    const { previous_response_id: previousId, store } = request;
    const before =
      previousId === undefined ? [] : (await this.responses.previous(previousId, caller)).messages;
    const conversation = [...before, ...messagesOf(request)];
    const format = new ResponsesFormat(request, async (text, sent) => {
      const messages = [...conversation, { role: 'assistant' as const, content: text }];
      if (store) await this.responses.put(format.id, { caller, messages, body: sent });
    });
    await this.chat.respond(response, chatOf(request, conversation), () => format, true);
  }

  @Get(':id')
  async get(@Param('id') id: string, @Caller() caller: string) {
    return (await this.responses.get(id, caller)).body;
  }

  @Delete(':id')
  async delete(@Param('id') id: string, @Caller() caller: string) {
    await this.responses.delete(id, caller);
    return { id, object: 'response', deleted: true };
  }
}
