import { join } from 'node:path';
import type { Bus } from '@open-chatgpt/messaging';
import { loadConfig, PlatformModule, type RunningService, startService } from '@open-chatgpt/service';
import { configureApi } from '../api/configure-api';
import { GatewayModule } from '../app.module';
import { gatewayConfigSchema } from '../gateway-config';
import { gatewayGroups } from '../groups';

/** Starts a gateway in this process. */
export function startGateway(
  folder: string,
  env: Record<string, string> = {},
  driver?: Bus['driver'],
): Promise<RunningService> {
  const config = loadConfig(gatewayConfigSchema, {
    OPEN_CHATGPT_PORT: '0',
    OPEN_CHATGPT_STORE: join(folder, 'store'),
    OPEN_CHATGPT_WORK_DIR: folder,
    OPEN_CHATGPT_LOG_LEVEL: 'fatal',
    ...env,
  });
  const platform = PlatformModule.forRoot('gateway', config, driver);
  return startService('gateway', config, [platform, GatewayModule], gatewayGroups, configureApi);
}

/** A small valid pipeline, which no worker executes. */
export const somePipeline = {
  name: 'some',
  model: { scratch: {} },
  stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks' } as Record<string, unknown> } }],
};

/** Polls until the result is as expected. @throws Error with the last result */
export async function until<T>(
  poll: () => Promise<T>,
  expected: (result: T) => boolean,
  seconds = 30,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await poll();
    if (expected(result)) return result;
    if (Date.now() > end)
      throw new Error(`not within ${seconds} s; the last result: ${JSON.stringify(result)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
