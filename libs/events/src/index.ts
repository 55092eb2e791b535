export { type Dataref, dataref, type ModelVersion } from './contracts/dataref';
export { createEvent } from './envelope/create-event';
export type { AnyEvent, EventOf } from './envelope/envelope';
export { InvalidEvent } from './invalid-event';
export { fromMessage } from './messages/from-message';
export { toBinaryMessage } from './messages/to-binary-message';
export { contractOf, type DataOf, EVENTS, type EventType, TOPICS } from './registry';
