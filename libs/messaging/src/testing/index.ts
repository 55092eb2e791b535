export { SESSION_MILLISECONDS } from './contract/define-test';
export { eventually, Latch, message, newTopic, textOf, uniqueName } from './harness';
export { testDriver } from './test-driver';
