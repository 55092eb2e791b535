import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { GatewayModule } from './app.module';
import { gatewayGroups } from './pipelines/pipelines.consumer';

const config = loadConfig(serviceConfigSchema);
startService(
  'gateway',
  config,
  [PlatformModule.forRoot('gateway', config), GatewayModule],
  gatewayGroups,
).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
