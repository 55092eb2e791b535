import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { time } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { DeadLettersService } from './dead-letters.service';

const deadLetter = z
  .object({
    id: z.string().describe('stable while the message is in the dead-letter queue'),
    createdAt: time.describe('when the last attempt failed'),
    topic: z.string().describe('topic of the message, with partition and offset'),
    partition: z.int(),
    offset: z.int(),
    group: z.string().describe('consumer group that failed'),
    eventType: z.string().nullable().describe('null if the message has none'),
    eventId: z.string().nullable(),
    reason: z.enum(['invalid', 'failed']).describe('it violates its contract, or all attempts failed'),
    error: z.string(),
    attempts: z.int(),
  })
  .register(apiSchemas, { id: 'DeadLetter' });
const deadLetterPage = pageOf(deadLetter).register(apiSchemas, { id: 'DeadLetterPage' });
const listQuery = pageQuery.extend({ topic: z.string().optional() });

const selection = z
  .strictObject({ ids: z.array(z.string().max(64)).min(1).max(10_000) })
  .register(apiSchemas, { id: 'DeadLetterSelection' });
const settled = z
  .object({ replayed: z.int(), discarded: z.int() })
  .register(apiSchemas, { id: 'DeadLettersSettled' });

type Settled = Promise<z.output<typeof settled>>;

@ApiTags('dead letters')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @Endpoint({
    summary: 'Messages in the dead-letter queue',
    scope: 'admin',
    query: listQuery,
    response: deadLetterPage,
  })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof deadLetterPage>> {
    const letters = (await this.letters.list())
      .filter(({ topic }) => !query.topic || topic === query.topic)
      .map(({ failedAt, ...letter }) => ({ ...letter, createdAt: failedAt }));
    return pageFrom(letters, query, ({ id }) => id);
  }

  @Post('replay')
  @Endpoint({
    summary: 'Deliver messages again to the consumer group that failed',
    scope: 'admin',
    body: selection,
    response: settled,
    errors: [400, 415],
  })
  replay(@Body(validated(selection)) { ids }: z.output<typeof selection>): Settled {
    return this.letters.settle('replay', ids);
  }

  @Post('discard')
  @Endpoint({
    summary: 'Delete messages from the dead-letter queue',
    scope: 'admin',
    body: selection,
    response: settled,
    errors: [400, 415],
  })
  discard(@Body(validated(selection)) { ids }: z.output<typeof selection>): Settled {
    return this.letters.settle('discard', ids);
  }
}
