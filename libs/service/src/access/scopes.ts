/** What a token permits; `admin` includes all other scopes. */
export const SCOPES = ['read', 'submit', 'preferences', 'inference', 'models', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];
