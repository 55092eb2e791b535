import { loadConfig, PlatformModule, runMain, startService } from '@open-chatgpt/service';
import { PpoActorModule, ppoActorGroups } from './app.module';
import { ppoActorConfigSchema } from './ppo-actor.config';

void runMain(() => {
  const config = loadConfig(ppoActorConfigSchema);
  const modules = [PlatformModule.forRoot('ppo-actor', config), PpoActorModule.forRoot(config)];
  return startService('ppo-actor', config, modules, ppoActorGroups(config.role));
});
