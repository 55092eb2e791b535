import {
  loadConfig,
  PlatformModule,
  runMain,
  serviceConfigSchema,
  startService,
} from '@open-chatgpt/service';
import { configureApi } from './api/configure-api';
import { GatewayModule } from './app.module';
import { gatewayGroups } from './groups';

void runMain(() => {
  const config = loadConfig(serviceConfigSchema);
  const modules = [PlatformModule.forRoot('gateway', config), GatewayModule];
  return startService('gateway', config, modules, gatewayGroups, configureApi);
});
