import type { ObjectStore } from '../object-store';
import type { S3Options } from '../s3/s3-store';
import { storeContracts } from './contract';

export interface StoreUnderTest {
  /** Opens a new empty store. */
  open(): ObjectStore;
  /** The options with which another process opens the same store. */
  options: S3Options;
  stop(): Promise<void>;
}

/** Defines the tests of all contracts for one kind of store. */
export function testStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe.each(Object.entries(storeContracts))(`${name}: %s`, (_, contract) => {
    let store: StoreUnderTest;
    beforeAll(async () => {
      store = await start();
    }, 60_000);
    afterAll(() => store?.stop());
    contract(
      () => store.open(),
      ({ url }) => JSON.stringify([url, store.options]),
    );
  });
}
