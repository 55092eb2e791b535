import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { PoolingService } from '../generation/pooling.service';
import { ModelsService } from '../models/models.service';
import { Endpoint } from './api';
import { deadlineOf } from './deadline';
import { envelope } from './envelope';
import { invalidRequest } from './openai-error';
import { readScoreRequest, scoreSchema } from './score-request';

/** The form of vLLM's `/v1/score`, for reward models: the score of an answer to a prompt, or of a conversation. */
@ApiTags('vLLM')
@Controller('v1/score')
export class ScoreController {
  constructor(
    private readonly models: ModelsService,
    private readonly pooling: PoolingService,
  ) {}

  @Post()
  @Endpoint('Scores of answers, by a reward model', scoreSchema)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const { model: name, conversations } = readScoreRequest(body);
    const served = await this.models.ready(name, deadlineOf(response));
    const model = served.requireScorer();
    await this.pooling.respond(
      response,
      served,
      conversations.length,
      async (index) => {
        const [scored] = await model.scorer.score([conversations[index]]);
        if ('error' in scored) throw invalidRequest(`conversation ${index}: ${scored.error}`, 'messages');
        const { score, normalized, tokens } = scored;
        return { result: { score, normalized }, tokens };
      },
      (scores, tokens) => ({
        ...envelope('score', model),
        object: 'list',
        data: scores.map((one, index) => ({ index, object: 'score', ...one })),
        usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
      }),
    );
  }
}
