export { DataIngestionModule } from './app.module';
export { dataIngestionGroups } from './dataset.consumer';
