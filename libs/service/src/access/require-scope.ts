import { SetMetadata } from '@nestjs/common';
import type { Scope } from './scopes';

export const ACCESS = 'open-chatgpt:access';

/** Requires a token with this scope. With tokens, a route without `RequireScope` and `Public` rejects all requests. */
export const RequireScope = (scope: Scope) => SetMetadata(ACCESS, scope);

/** Requires no token, for probes, metrics and documentation. */
export const Public = () => SetMetadata(ACCESS, 'public');
