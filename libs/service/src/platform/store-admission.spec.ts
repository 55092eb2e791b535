import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { Bus, EmbeddedDriver, OnEvent } from '@open-chatgpt/messaging';
import { eventually } from '@open-chatgpt/messaging/testing';
import { type ObjectStore, StorageRefusedError, StorageUnavailableError } from '@open-chatgpt/storage';
import { serviceConfigSchema } from '../config/service-config';
import { type RunningService, startService } from '../start-service';
import { OBJECT_STORE, PlatformModule } from './platform.module';
import { storeAdmission } from './store-admission';

@Controller()
class Tasks {
  @OnEvent('run.cancelled')
  async cancelled(): Promise<void> {}
}

@Module({ controllers: [Tasks] })
class TasksModule {}

describe('a service', () => {
  let folder: string;
  let service: RunningService;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'store-admission-'));
    const config = serviceConfigSchema.parse({ port: 0, store: join(folder, 'store'), logLevel: 'fatal' });
    const platform = PlatformModule.forRoot('test', config, new EmbeddedDriver());
    service = await startService('test', config, [platform, TasksModule], { tests: ['run.cancelled'] });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const alerts = async () =>
    (await service.app.get(Bus).driver.read('openchatgpt.alert.fact.v1')).map(
      ({ value }) => JSON.parse(String(value)).name,
    );

  /** The alert is published in the background; a second one would come before the next. */
  const untilAlerts = (count: number) =>
    eventually(
      async () => JSON.stringify(await alerts()) === JSON.stringify(Array(count).fill('StoreRefusesWorker')),
      () => `${count} alerts`,
    );

  it('whose store refuses it takes no work, and raises one alert; one whose store is away waits', async () => {
    const store = service.app.get<ObjectStore>(OBJECT_STORE);
    const admission = storeAdmission(service.app, 0);
    const refused = new StorageRefusedError('AccessDenied: check the access key');
    const failWith = (error: Error) => Object.assign(store, { check: () => Promise.reject(error) });
    await admission.check();
    failWith(new StorageUnavailableError('no answer'));
    await admission.check();
    failWith(refused);
    for (let i = 0; i < 3; i++) {
      await expect(admission.check()).rejects.toThrow('AccessDenied');
      admission.onRefused(refused);
    }
    await untilAlerts(1);
    delete (store as Partial<ObjectStore>).check;
    await admission.check();
    admission.onRefused(refused);
    await untilAlerts(2);
  });
});
