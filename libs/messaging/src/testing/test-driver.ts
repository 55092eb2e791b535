import { Bus } from '../bus';
import type { BusDriver } from '../driver';
import { controlContract } from './contract/control';
import { deadLetterContract } from './contract/dead-letters';
import type { Connected, DefineTest } from './contract/define-test';
import { groupContract } from './contract/groups';
import { orderContract } from './contract/order';

export interface DriverUnderTest {
  /** A new connection, as another process would have. The embedded bus has only one. */
  connect(): BusDriver;
  close(): Promise<void>;
}

/** Defines the tests of the whole contract for one driver. */
export function testDriver(name: string, start: () => Promise<DriverUnderTest>): void {
  describe(name, () => {
    let driverUnderTest: DriverUnderTest;
    let connected: Connected;

    beforeAll(async () => {
      driverUnderTest = await start();
      const connect = () => driverUnderTest.connect();
      const driver = connect();
      const retry = { attempts: 3, firstDelayMs: 5, maxDelayMs: 20 };
      connected = { connect, driver, bus: new Bus({ driver, retry }) };
    }, 120_000);

    afterAll(() => driverUnderTest?.close(), 60_000);

    const defineTest: DefineTest = (what, check) => it(what, () => check(connected));

    orderContract(defineTest);
    deadLetterContract(defineTest);
    groupContract(defineTest);
    controlContract(defineTest);
  });
}
