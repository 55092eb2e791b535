import type { Logger } from '@open-chatgpt/service';
import type { LocalModel } from './model-fetcher';
import { ModelLoader } from './model-loader';
import type { Served } from './served';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;

it('after a stop, idle() waits for what has begun, and nothing more begins', async () => {
  let loads = 0;
  const served = { name: 'chat', isCurrent: () => false, load: async () => loads++ } as unknown as Served;
  const loader = new ModelLoader(served, logger, {
    retries: true,
    makeRoom: async () => undefined,
    onLoaded: () => undefined,
    rollBack: async () => null,
    onOutcome: () => undefined,
  });
  let fetched: (model: LocalModel) => void = () => undefined;
  loader.setTarget(() => new Promise((resolve) => (fetched = resolve)));
  loader.stop();
  let idle = false;
  const waiting = loader.idle().then(() => (idle = true));
  await new Promise(setImmediate);
  expect(idle).toBe(false);
  fetched({ version: '1' } as LocalModel);
  await waiting;
  expect(loads).toBe(0);
});
