const DATA_FILE = /\.(jsonl?|ndjson|parquet|csv|tsv)(\.(gz|zst))?$/i;
/** Descriptions of a dataset, not rows of it. */
const DESCRIPTION = /(^|\/)(dataset_infos?|dataset_dict|state|config|package(-lock)?)\.json$/i;
const CONTROL = /\p{Cc}/u;

/** Whether a file of a folder or repository holds rows, by its name. */
export function isDataFile(name: string): boolean {
  return DATA_FILE.test(name) && !DESCRIPTION.test(name);
}

/**
 * Refuses a name from a listing that someone else wrote when it could lead out of the place that it was listed in.
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

/** By code units, so that the order is the same on every machine. */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
