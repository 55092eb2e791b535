import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/page';
import { apiSchemas, time } from '../api/schemas';
import { validated } from '../api/validated';
import { DeadLettersService } from './dead-letters.service';

const deadLetter = z
  .object({
    id: z.string().describe('names it here, for as long as it lies there'),
    createdAt: time.describe('when it was given up'),
    topic: z.string().describe('where the message came from, with partition and offset'),
    partition: z.int(),
    offset: z.int(),
    group: z.string().describe('that gave it up'),
    eventType: z.string().nullable().describe('null where the message does not say'),
    eventId: z.string().nullable(),
    reason: z.enum(['invalid', 'failed']).describe('refused at once, or all tries failed'),
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
    summary: 'Messages that services gave up, until somebody replays or discards them',
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
    summary: 'Send messages again, to the group that gave them up',
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
    summary: 'Drop messages for good',
    scope: 'admin',
    body: selection,
    response: settled,
    errors: [400, 415],
  })
  discard(@Body(validated(selection)) { ids }: z.output<typeof selection>): Settled {
    return this.letters.settle('discard', ids);
  }
}
