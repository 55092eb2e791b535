/** Pages of these origins may call the API and read its answers; tokens come in a header, so no cookie is allowed. */
export const corsOptions = (origins: readonly string[]) => ({
  origin: [...origins],
  exposedHeaders: ['x-request-id', 'retry-after'],
  /** Seconds for which a browser remembers the permission. */
  maxAge: 600,
});
