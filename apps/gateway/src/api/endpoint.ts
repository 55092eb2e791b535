import { type EndpointOptions, endpointsOf } from '@open-chatgpt/service';
import { controlApi } from './openapi';

/** Declares the scope that an endpoint of the control API needs, and its operation in the OpenAPI document. */
export const Endpoint: (options: EndpointOptions) => MethodDecorator = endpointsOf(controlApi);
