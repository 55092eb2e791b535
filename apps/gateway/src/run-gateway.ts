import { runService } from '@open-chatgpt/service';
import { configureApi } from './api/configure-api';
import { GatewayModule } from './app.module';
import { gatewayConfigSchema } from './gateway-config';
import { gatewayGroups } from './groups';

export function runGateway(): void {
  runService('gateway', gatewayConfigSchema, () => ({
    module: GatewayModule,
    groups: gatewayGroups,
    prepare: configureApi,
  }));
}
