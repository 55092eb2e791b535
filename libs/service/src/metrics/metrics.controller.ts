import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../access/require-scope';
import { MetricsService } from './metrics.service';

@Public()
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  /** In Prometheus' text format. */
  @Get()
  async all(@Res() response: Response): Promise<void> {
    const { contentType, body } = await this.metrics.text();
    response.type(contentType).send(body);
  }
}
