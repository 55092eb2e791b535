import { runService, serviceConfigSchema } from '@open-chatgpt/service';
import { configureApi } from './api/configure-api';
import { GatewayModule } from './app.module';
import { gatewayGroups } from './groups';

runService('gateway', serviceConfigSchema, () => ({
  module: GatewayModule,
  groups: gatewayGroups,
  prepare: configureApi,
}));
