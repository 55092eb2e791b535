import { loadConfig, PlatformModule, startService } from '@open-chatgpt/service';
import { PpoActorModule, ppoActorGroups } from './app.module';
import { ppoActorConfigSchema } from './ppo-actor.config';

function start() {
  const config = loadConfig(ppoActorConfigSchema);
  const modules = [PlatformModule.forRoot('ppo-actor', config), PpoActorModule.forRoot(config)];
  return startService('ppo-actor', config, modules, ppoActorGroups(config.role));
}

start().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
