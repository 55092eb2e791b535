import { SetMetadata } from '@nestjs/common';
import type { Scope } from './scopes';

export const ACCESS = 'open-chatgpt:access';

/** The method needs a token with this scope. A method that says nothing is open to nobody. */
export const RequireScope = (scope: Scope) => SetMetadata(ACCESS, scope);

/** The method, or the controller's methods, need no token: probes, metrics, documentation. */
export const Public = () => SetMetadata(ACCESS, 'public');
