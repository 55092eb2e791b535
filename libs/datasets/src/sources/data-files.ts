const DATA_FILE = /\.(jsonl?|ndjson|parquet|csv|tsv)(\.(gz|zst))?$/i;
/** Files that describe a dataset and hold no rows. */
const DESCRIPTION = /(^|\/)(dataset_infos?|dataset_dict|state|config|package(-lock)?)\.json$/i;
const CONTROL = /\p{Cc}/u;

/** Whether the name is that of a file with rows. */
export function isDataFile(name: string): boolean {
  return DATA_FILE.test(name) && !DESCRIPTION.test(name);
}

/**
 * Rejects a name from an untrusted listing when it could lead out of the listed folder (path traversal).
 * @throws Error naming the listing and the path
 */
export function checkListedName(listing: string, name: string): string {
  const parts = name.split('/');
  const safe =
    name !== '' &&
    !name.startsWith('/') &&
    !/^[a-z]:/i.test(name) &&
    !name.includes('\\') &&
    !CONTROL.test(name) &&
    parts.every((part) => part !== '..' && part !== '.' && part !== '');
  if (safe) return name;
  throw new Error(
    `dataset ${listing}: lists a file named ${JSON.stringify(name.slice(0, 200))}, which leads out of it. The listing is not to be trusted; nothing was read.`,
  );
}

/** Compares names by code units, so that the order is the same on every machine. */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
