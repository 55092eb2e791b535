import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { prepareApi } from './api/prepare';
import { GatewayModule } from './app.module';
import { gatewayGroups } from './groups';

const config = loadConfig(serviceConfigSchema);
startService(
  'gateway',
  config,
  [PlatformModule.forRoot('gateway', config), GatewayModule],
  gatewayGroups,
  prepareApi,
).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
