/** Injection tokens of providers that are not classes. */
export const CONFIG = Symbol('service configuration');
export const LOGGER = Symbol('logger');
