import { runService } from '@open-chatgpt/service';
import { PpoActorModule, ppoActorGroups } from './app.module';
import { ppoActorConfigSchema } from './ppo-actor.config';

runService('ppo-actor', ppoActorConfigSchema, (config) => ({
  module: PpoActorModule.forRoot(config),
  groups: ppoActorGroups(config.role),
}));
