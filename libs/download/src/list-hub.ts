import { text } from 'node:stream/consumers';
import type { HttpOptions } from './http-options';
import { hubAddress } from './hub-address';
import { hubGet } from './hub-get';
import { parseListing } from './hub-listing';
import { type HubRepository, nounOf, placeOf } from './hub-repository';
import { type Content, intact } from './intact';

export interface HubOptions extends HttpOptions {
  /** HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE; by default those of the process. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** A file of a repository; of small ones the hub tells no hash. */
export interface HubFile extends Content {
  /** Its path in the repository, as the hub says it: not to be trusted as one of this machine. */
  name: string;
  /** Its bytes from the start. Can be called again. Throws while it is read when they cannot be had, or are damaged. */
  open(): AsyncGenerator<Buffer>;
}

const MAX_LISTING_BYTES = 64 * 2 ** 20;

/**
 * What a repository of the hub has at its revision, and which commit that is. Files are opened at that commit.
 * @throws Error saying what is wrong, and what to do without a connection
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
    throw new Error(
      `${noun} ${id}: ${hub.base.host} answered with something that is no listing of a ${noun}.`,
    );
  }
  const { sha: commit, siblings } = listing;
  const files = siblings.map(({ rfilename: name, size, lfs }): HubFile => {
    const content = { size: size ?? undefined, sha256: lfs?.sha256 };
    const at = `${placeOf(repository)}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const open = () => intact(hubGet(at, repository, hub, http), content, `${name} of ${id}`);
    return { name, ...content, open };
  });
  return { commit, files };
}
