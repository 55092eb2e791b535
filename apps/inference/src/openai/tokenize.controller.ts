import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ModelsService } from '../models/models.service';
import { Endpoint } from './api';
import { encodeMessages } from './encode-messages';
import { encodePrompt } from './encode-prompt';
import { checkTokenIds } from './token-ids';
import {
  detokenizeSchema,
  readDetokenizeRequest,
  readTokenizeRequest,
  tokenizeSchema,
} from './tokenize-request';

/** vLLM's endpoints for tokens: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#tokenizer-api */
@ApiTags('vLLM')
@Controller()
export class TokenizeController {
  constructor(private readonly models: ModelsService) {}

  @Post('tokenize')
  @Endpoint('The tokens of a text or a conversation', tokenizeSchema)
  async tokenize(@Body() body: unknown) {
    const { model: name, content, withTexts } = readTokenizeRequest(body);
    const model = (await this.models.ready(name)).requireAny();
    const tokens =
      'chat' in content
        ? await encodeMessages(model, content.chat)
        : await encodePrompt(model, content.prompt, 'prompt', content.addSpecialTokens);
    return {
      count: tokens.length,
      max_model_len: model.maxLength,
      tokens,
      token_strs: withTexts ? tokens.map((id) => model.tokenizer.idToToken(id)) : null,
    };
  }

  @Post('detokenize')
  @Endpoint('The text of tokens', detokenizeSchema)
  async detokenize(@Body() body: unknown) {
    const { model: name, tokens } = readDetokenizeRequest(body);
    const { tokenizer } = (await this.models.ready(name)).requireAny();
    checkTokenIds('tokens', tokens, tokenizer.vocabSize);
    return { prompt: await tokenizer.decode(tokens, { skipSpecialTokens: false }) };
  }
}
