import { createHash } from 'node:crypto';
import { runStoreProcess } from '../run-store-process';
import type { StoreContract } from './contract';

const MEGABYTES = 256;
/** The memory of Node, the S3 client and one part, with room for garbage; far less than the object. */
const LIMIT = 176;

function sha256OfBig(): string {
  const hash = createHash('sha256');
  for (let i = 0; i < MEGABYTES; i++) hash.update(Buffer.alloc(1 << 20, i));
  return hash.digest('hex');
}

export const memoryContract: StoreContract = (open, addressOf) => {
  it(`writing and reading an object of ${MEGABYTES} MB takes less than ${LIMIT} MB of memory`, async () => {
    const store = open();
    const peak = async (...task: (string | number)[]) => {
      const { code, lines } = await runStoreProcess(addressOf(store), ['memory', ...task]);
      expect({ code, lines }).toMatchObject({ code: 0, lines: [expect.any(String)] });
      return Number(lines[0]);
    };
    const up = await peak('up', MEGABYTES);
    expect((await store.head('big'))?.size).toBe(MEGABYTES << 20);
    const down = await peak('down', MEGABYTES, sha256OfBig());
    expect(Math.max(up, down)).toBeLessThan(LIMIT);
  }, 120_000);
};
