import { runService, serviceConfigSchema } from '@open-chatgpt/service';
import { DataIngestionModule } from './app.module';
import { dataIngestionGroups } from './dataset.consumer';
import { importCommand } from './models/import-command';

/** The service, or with `import-model` the import of one model. */
export function runIngestion(): void {
  const [command, ...args] = process.argv.slice(2);
  if (command === 'import-model')
    void importCommand(args).then((code) => {
      // Open connections to the store would keep the process running.
      process.exit(code);
    });
  else
    runService('data-ingestion', serviceConfigSchema, () => ({
      module: DataIngestionModule,
      groups: dataIngestionGroups,
    }));
}
