export type { OutgoingEvent } from '../outgoing-events';
export { Machine } from './machine';
export { laterRequest, SAVE_STEPS, STEPS } from './tiny-request';
export { undisturbedModel, World } from './world';
