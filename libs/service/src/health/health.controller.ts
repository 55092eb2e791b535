import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../access/require-scope';
import { HealthService } from './health.service';

/** For Kubernetes' probes and for people. */
@Public()
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process answers: that is all it says. */
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /** 503 with what is missing, as long as the service cannot do its work. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response) {
    const readiness = await this.health.readiness();
    if (!readiness.ready) response.status(503);
    return readiness;
  }
}
