export { type Dataref, dataref, type ModelVersion } from './contracts/dataref';
export type { EventContract, EventKind } from './define-event';
export { createEvent, type EventOptions } from './envelope/create-event';
export type { AnyEvent, EventOf, TraceContext } from './envelope/envelope';
export { InvalidEvent } from './invalid-event';
export { fromMessage } from './messages/from-message';
export { type IncomingMessage, MAX_VALUE_BYTES, type OutgoingMessage } from './messages/message';
export { toBinaryMessage } from './messages/to-binary-message';
export { contractOf, type DataOf, EVENTS, type EventType, eventTypes, TOPICS, type Topic } from './registry';
