import { Controller, Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { programVersion } from '@open-chatgpt/runs';
import { HealthService, Public } from '@open-chatgpt/service';

/** What load balancers and clients of vLLM ask. */
@Public()
@ApiExcludeController()
@Controller()
export class StatusController {
  constructor(private readonly health: HealthService) {}

  /** 200 without a body while every model is loaded, else 503 with the reasons. */
  @Get('health')
  @HttpCode(200)
  async ready(): Promise<void> {
    const { ready, checks } = await this.health.readiness();
    if (ready) return;
    const failed = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok');
    throw new ServiceUnavailableException(failed.map(([name, reason]) => `${name}: ${reason}`).join('; '));
  }

  @Get('version')
  version() {
    return { version: programVersion() };
  }
}
