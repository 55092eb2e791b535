import { join } from 'node:path';
import type { Bus } from '@open-chatgpt/messaging';
import {
  loadConfig,
  openDriver,
  PlatformModule,
  type RunningService,
  serviceConfigSchema,
  startService,
} from '@open-chatgpt/service';
import { configureApi } from '../api/configure-api';
import { GatewayModule } from '../app.module';
import { gatewayGroups } from '../groups';

/** A gateway as it runs in a cluster, alone in this process. */
export function startGateway(
  folder: string,
  env: Record<string, string> = {},
  driver?: Bus['driver'],
): Promise<RunningService> {
  const config = loadConfig(serviceConfigSchema, {
    OPEN_CHATGPT_PORT: '0',
    OPEN_CHATGPT_STORE: join(folder, 'store'),
    OPEN_CHATGPT_WORK_DIR: folder,
    OPEN_CHATGPT_LOG_LEVEL: 'fatal',
    ...env,
  });
  const platform = PlatformModule.forRoot('gateway', config, driver ?? openDriver('gateway', config));
  return startService('gateway', config, [platform, GatewayModule], gatewayGroups, configureApi);
}

/** A small pipeline that is valid; nobody trains it here. */
export const somePipeline = {
  name: 'some',
  model: { scratch: {} },
  stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks' } as Record<string, unknown> } }],
};

/** Asks again until the answer is as wished; fails with the last answer. */
export async function until<T>(
  ask: () => Promise<T>,
  wished: (answer: T) => boolean,
  seconds = 30,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (Date.now() > end)
      throw new Error(`not within ${seconds} s; the last answer: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
