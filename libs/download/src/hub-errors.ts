import { describeUrl, HttpFailure, Unreachable } from './http-errors';
import type { HubAddress } from './hub-address';
import { type HubRepository, nounOf, placeOf } from './hub-repository';

/** What a failed request means at the hub, and what to do. */
export function hubError(error: Error, repository: HubRepository, hub: HubAddress): Error {
  if (error instanceof Unreachable) return offlineError(error.code, repository, hub, error);
  const text = error instanceof HttpFailure ? answerMeans(error.status, repository, hub) : error.message;
  return new Error(`${nameOf(repository)}: ${text}`, { cause: error });
}

/** Says how to do without the hub. */
export function offlineError(why: string, repository: HubRepository, hub: HubAddress, cause?: Error): Error {
  return new Error(
    `${nameOf(repository)}: ${hub.base.host} cannot be used from here (${why}). Without a connection: get the files from ` +
      `${pageOf(repository, hub)} on a machine that has one, bring them here, and name their path or folder instead; ` +
      'or set HF_ENDPOINT to a mirror.',
    { cause },
  );
}

function answerMeans(status: number, repository: HubRepository, hub: HubAddress): string {
  const { host } = hub.base;
  if (status === 401 || status === 403)
    return (
      `${host} does not give it out (${status}): it is not there, private, or asks for consent. ` +
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
