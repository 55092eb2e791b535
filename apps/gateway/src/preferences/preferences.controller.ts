import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Body, ConflictException, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { identifier } from '@open-chatgpt/orchestration';
import type { Response } from 'express';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { newPreference, toPreference, toRow } from './preference';
import { PreferencesService } from './preferences.service';

const submission = z
  .union([newPreference, z.array(newPreference).min(1).max(1000)])
  .register(apiSchemas, { id: 'NewPreferences' });
const many = z.array(newPreference).min(1).max(1000);
const result = z
  .object({
    accepted: z.int(),
    duplicates: z.int().describe('submitted before'),
    preferenceIds: z.array(z.string()).describe('in the order of the request'),
  })
  .register(apiSchemas, { id: 'PreferencesAccepted' });
const lines = z.string().describe('JSON Lines: {prompt, chosen, rejected}');

@ApiTags('preferences')
@Controller('v1/preferences')
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  @Post()
  @Endpoint({
    summary: 'Submit up to 1000 preferences; idempotent',
    scope: 'preferences',
    status: 200,
    body: submission,
    response: result,
    errors: [400, 409, 413, 415],
  })
  async submit(@Body() body: unknown): Promise<z.output<typeof result>> {
    // Not by the union schema, whose error does not name the field.
    const given = Array.isArray(body)
      ? validated(many).transform(body, { type: 'body' })
      : [validated(newPreference).transform(body, { type: 'body' })];
    const now = new Date().toISOString();
    const preferences = (given as z.output<typeof many>).map((one) => toPreference(one, now));
    const outcomes = await this.preferences.submit(preferences);
    const ids = (outcome: string) =>
      preferences.filter((_, i) => outcomes[i] === outcome).map(({ preferenceId }) => preferenceId);
    const conflicts = ids('conflict');
    if (conflicts.length > 0) {
      throw new ConflictException(
        `these ids belong to other preferences, which stay unchanged: ${conflicts.slice(0, 20).join(', ')}; ` +
          'the others of this request were accepted',
      );
    }
    return {
      accepted: ids('accepted').length,
      duplicates: ids('duplicate').length,
      preferenceIds: preferences.map(({ preferenceId }) => preferenceId),
    };
  }

  @Get(':datasetId/export')
  @Endpoint({
    summary:
      'The preferences of one dataset as JSON Lines, for the adapter "preference"; empty if there are none',
    scope: 'read',
    response: lines,
    type: 'application/jsonl',
    errors: [400],
  })
  async export(
    @Param('datasetId', validated(identifier, 'datasetId')) datasetId: string,
    @Res() response: Response,
  ): Promise<void> {
    response.type('application/jsonl');
    await pipeline(Readable.from(this.rows(datasetId)), response);
  }

  private async *rows(datasetId: string): AsyncGenerator<string> {
    for await (const preference of this.preferences.of(datasetId)) yield toRow(preference);
  }
}
