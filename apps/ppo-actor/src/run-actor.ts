import { runTrainerProgram } from '@open-chatgpt/worker';
import { PpoActorModule, ppoActorGroups } from './app.module';
import { ppoActorConfigSchema } from './ppo-actor.config';

/** The service with its roles, or the learner of one run. */
export function runActor(): void {
  runTrainerProgram('ppo', ppoActorConfigSchema, {
    partsOf: (config) => ({ module: PpoActorModule.forRoot(config), groups: ppoActorGroups(config) }),
    moduleOfRun: (config) => PpoActorModule.forRoot({ ...config, role: 'learner' }),
    waitsForServices: true,
  });
}
