import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { DataIngestionModule, dataIngestionGroups } from '.';

it('does not start without a folder for its work', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unwritable-'));
  writeFileSync(join(folder, 'file'), '');
  const config = loadConfig(serviceConfigSchema, {
    OPEN_CHATGPT_PORT: '0',
    OPEN_CHATGPT_STORE: join(folder, 'store'),
    OPEN_CHATGPT_WORK_DIR: join(folder, 'file', 'work'),
    OPEN_CHATGPT_LOG_LEVEL: 'fatal',
  });
  const modules = [PlatformModule.forRoot('data-ingestion', config), DataIngestionModule];
  await expect(startService('data-ingestion', config, modules, dataIngestionGroups)).rejects.toThrow(
    /^the folder .*work cannot be written .*; make it writable, or set OPEN_CHATGPT_WORK_DIR to another one$/,
  );
  rmSync(folder, { recursive: true });
});
