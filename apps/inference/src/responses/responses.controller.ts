import { Body, Controller, Delete, Get, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '@open-chatgpt/service';
import type { Response } from 'express';
import { Endpoint } from '../openai/api';
import { ChatService } from '../openai/chat.service';
import { AnswerReaders } from '../tools/answer-reader';
import { newId, type OutputItems } from './output-items';
import { asResponseError } from './response-errors';
import { ResponsesFormat } from './response-format';
import { chatOf, messagesOf, readResponsesRequest, responsesSchema } from './response-request';
import { ResponsesService } from './responses.service';

/** https://platform.openai.com/docs/api-reference/responses */
@ApiTags('OpenAI')
@Controller('v1/responses')
export class ResponsesController {
  constructor(
    private readonly chat: ChatService,
    private readonly responses: ResponsesService,
  ) {}

  @Post()
  @Endpoint('Answer, and keep the answer for a later request', responsesSchema)
  async create(@Body() body: unknown, @Res() response: Response, @Caller() caller: string): Promise<void> {
    const request = readResponsesRequest(body);
    const { previous_response_id: previousId, store } = request;
    const before =
      previousId === undefined ? [] : (await this.responses.previous(previousId, caller)).messages;
    const conversation = [...before, ...messagesOf(request)];
    const id = newId('resp');
    const keep = async ({ text, reasoning, calls }: OutputItems, sent: object) => {
      const answer = {
        role: 'assistant',
        content: text,
        ...(reasoning !== '' && { reasoning_content: reasoning }),
        ...(calls.length > 0 && { tool_calls: calls }),
      };
      if (store) await this.responses.put(id, { caller, messages: [...conversation, answer], body: sent });
    };
    try {
      await this.chat.respond(
        response,
        chatOf(request, conversation),
        (model, form) => new ResponsesFormat(id, request, new AnswerReaders(model, form), keep),
        true,
      );
    } catch (error) {
      throw asResponseError(error);
    }
  }

  @Get(':id')
  @Endpoint('A response that is kept')
  async get(@Param('id') id: string, @Caller() caller: string) {
    return (await this.responses.get(id, caller)).body;
  }

  @Delete(':id')
  @Endpoint('Delete a response that is kept')
  async delete(@Param('id') id: string, @Caller() caller: string) {
    await this.responses.delete(id, caller);
    return { id, object: 'response', deleted: true };
  }
}
