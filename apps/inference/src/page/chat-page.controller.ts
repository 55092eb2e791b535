import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@open-chatgpt/service';
import { chatPage, chatPagePolicy } from './chat-page';

/** The page holds no data; what it asks needs a token like any request. */
@Public()
@ApiExcludeController()
@Controller()
export class ChatPageController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', chatPagePolicy)
  page(): string {
    return chatPage;
  }
}
