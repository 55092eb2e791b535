export { ConnectionFailed, describeUrl, HttpFailure } from './http-errors';
export { httpGet } from './http-get';
export type { HttpOptions } from './http-options';
export type { HubRepository } from './hub-repository';
export { type HubFile, type HubOptions, listHub } from './list-hub';
