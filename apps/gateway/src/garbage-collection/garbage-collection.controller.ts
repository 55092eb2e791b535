import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { validated } from '../api/validation';
import {
  type GarbageCollectionReport,
  garbageCollectionReport,
  garbageCollectionRequest,
} from './garbage-collection';
import { GarbageCollectionService } from './garbage-collection.service';

@ApiTags('store')
@Controller('v1/garbage-collection')
export class GarbageCollectionController {
  constructor(private readonly garbage: GarbageCollectionService) {}

  @Post()
  @Endpoint({
    summary: 'Remove checkpoints, models and datasets from the store that nothing refers to any more',
    scope: 'admin',
    body: garbageCollectionRequest,
    response: garbageCollectionReport,
    errors: [400, 409],
  })
  collect(
    @Body(validated(garbageCollectionRequest)) {
      graceSeconds,
      dryRun,
    }: z.output<typeof garbageCollectionRequest>,
  ): Promise<GarbageCollectionReport> {
    return this.garbage.collect(graceSeconds, dryRun);
  }
}
