export { PpoActorModule, ppoActorGroups } from './app.module';
export { ppoActorConfigSchema } from './ppo-actor.config';
