export { PpoModule } from './app.module';
export { ppoGroups } from './ppo.consumer';
