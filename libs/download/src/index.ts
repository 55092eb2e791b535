export { ConnectionError, describeUrl, HttpStatusError } from './http/http-errors';
export { httpGet } from './http/http-get';
export type { HttpOptions } from './http/http-options';
export { type HubOptions, listHub } from './hub/list-hub';
export { builtinSampling, cachedBuiltinModel, fetchBuiltinModel } from './models/fetch-builtin-model';
export { fetchHubModel } from './models/fetch-hub-model';
export { isHubModel } from './models/hub-model-name';
