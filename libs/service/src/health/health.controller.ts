import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../access/require-scope';
import { HealthService } from './health.service';

/** Endpoints for liveness and readiness probes. */
@Public()
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Says only that the process responds. */
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /** Responds with 503 and the failed checks while the service is not ready. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response) {
    const readiness = await this.health.readiness();
    if (!readiness.ready) response.status(503);
    return readiness;
  }
}
