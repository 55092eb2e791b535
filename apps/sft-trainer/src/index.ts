export { SftModule } from './app.module';
export { sftGroups } from './sft.consumer';
