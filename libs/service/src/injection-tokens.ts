/** What Nest injects for parts that are no classes of ours. */
export const CONFIG = Symbol('service configuration');
export const LOGGER = Symbol('logger');
