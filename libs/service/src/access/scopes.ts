/** What a token lets its holder do; `admin` includes all the others. */
export const SCOPES = ['read', 'submit', 'preferences', 'inference', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];
