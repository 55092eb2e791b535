import { text } from 'node:stream/consumers';
import type { HttpOptions } from '../http/http-options';
import { hubAddress } from './hub-address';
import { hubGet } from './hub-get';
import { parseListing } from './hub-listing';
import { type HubRepository, nounOf, placeOf } from './hub-repository';
import { type ExpectedContent, verifyContent } from './verify-content';

export interface HubOptions extends HttpOptions {
  /** HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE; by default those of the process. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** A file of a repository. The hub lists no hash of small files. */
export interface HubFile extends ExpectedContent {
  /** Path in the repository, as the hub lists it. Check it before you use it as a path of this machine. */
  name: string;
  /**
   * Streams the file from its start; may be called again.
   * @throws Error while reading, when the download fails or is damaged
   */
  open(): AsyncGenerator<Buffer>;
}

const MAX_LISTING_BYTES = 64 * 2 ** 20;

/**
 * Lists the files of a repository at its revision. `commit` is the commit of that revision; files are opened at it.
 * @throws Error with the cause and the remedy, also for a machine without a connection
 */
export async function listHub(
  repository: HubRepository,
  options: HubOptions = {},
): Promise<{ commit: string; files: HubFile[] }> {
  const { env = process.env, ...http } = options;
  const hub = hubAddress(env);
  const { kind, id, revision } = repository;
  const path = `api/${kind}/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const listing = parseListing(
    await text(hubGet(path, repository, hub, { ...http, maxBytes: MAX_LISTING_BYTES })),
  );
  if (!listing) {
    const noun = nounOf(repository);
    throw new Error(`${noun} ${id}: the response of ${hub.base.host} is not a listing of a ${noun}.`);
  }
  const { sha: commit, siblings } = listing;
  const files = siblings.map(({ rfilename: name, size, lfs }): HubFile => {
    const content = { size: size ?? undefined, sha256: lfs?.sha256 };
    const filePath = `${placeOf(repository)}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const open = () => verifyContent(hubGet(filePath, repository, hub, http), content, `${name} of ${id}`);
    return { name, ...content, open };
  });
  return { commit, files };
}
