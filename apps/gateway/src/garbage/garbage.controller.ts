import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { validated } from '../api/validated';
import { type GarbageSummary, garbageReport, garbageRequest } from './garbage';
import { GarbageService } from './garbage.service';

@ApiTags('store')
@Controller('v1/garbage-collection')
export class GarbageController {
  constructor(private readonly garbage: GarbageService) {}

  @Post()
  @Endpoint({
    summary: 'Remove checkpoints, models and data sets from the store that nothing refers to any more',
    scope: 'admin',
    body: garbageRequest,
    response: garbageReport,
    errors: [400, 409],
  })
  collect(
    @Body(validated(garbageRequest)) { graceSeconds, dryRun }: z.output<typeof garbageRequest>,
  ): Promise<GarbageSummary> {
    return this.garbage.collect(graceSeconds, dryRun);
  }
}
