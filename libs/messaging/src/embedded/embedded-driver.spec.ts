import { testDriver } from '../testing/test-driver';
import { EmbeddedDriver } from './embedded-driver';

testDriver('the embedded driver', async () => {
  const driver = new EmbeddedDriver();
  return { connect: () => driver, close: () => driver.close() };
});
