import { describeUrl, HostUnreachableError, HttpStatusError } from '../http/http-errors';
import type { HubAddress } from './hub-address';
import { type HubRepository, nounOf, placeOf } from './hub-repository';

/** The cause and the remedy of a failed request to the hub. */
export function hubError(error: Error, repository: HubRepository, hub: HubAddress): Error {
  if (error instanceof HostUnreachableError) return offlineError(error.code, repository, hub, error);
  const text =
    error instanceof HttpStatusError ? explainStatus(error.status, repository, hub) : error.message;
  return new Error(`${nameOf(repository)}: ${text}`, { cause: error });
}

/** The error without a connection to the hub, with the ways around it. */
export function offlineError(
  reason: string,
  repository: HubRepository,
  hub: HubAddress,
  cause?: Error,
): Error {
  return new Error(
    `${nameOf(repository)}: ${hub.base.host} cannot be used from this machine (${reason}). ` +
      `Download the files from ${pageOf(repository, hub)} on a machine with a connection, copy them here ` +
      'and use their path; or set HF_ENDPOINT to a mirror.',
    { cause },
  );
}

function explainStatus(status: number, repository: HubRepository, hub: HubAddress): string {
  const { host } = hub.base;
  if (status === 401 || status === 403)
    return (
      `${host} refuses access (${status}): the repository does not exist, is private, or requires consent. ` +
      `Check its name, accept its terms at ${pageOf(repository, hub)}, and set HF_TOKEN.`
    );
  if (status === 404)
    return `${host} has no such ${nounOf(repository)}, or no revision "${repository.revision}" of it.`;
  return `${host} answered ${status}. Try again later.`;
}

const nameOf = (repository: HubRepository) => `${nounOf(repository)} ${repository.id}`;

function pageOf(repository: HubRepository, { base }: HubAddress): string {
  const path = `${placeOf(repository)}/tree/${encodeURIComponent(repository.revision)}`;
  return describeUrl(new URL(path, base));
}
