import { type HubOptions, listHub } from '@open-chatgpt/download';
import { byName, checkListedName, isDataFile } from './data-files';
import { parseHubSpec } from './hub-spec';
import type { Source, SourceFile } from './source';

const TRAIN = /(^|[/_.-])train(ing)?([/_.-]|$)/i;
const HELD_OUT = /(^|[/_.-])(test|valid|validation|val|dev|eval|evaluation)([/_.-]|$)/i;

/**
 * A dataset of the Hugging Face hub: the data files at one commit, in stable order. Without a path, only the files of the training split:
 * those with "train" in their path, or where there are none, all without "test", "validation" or the like.
 * @throws Error that says what is wrong, and what to do without a connection
 */
export async function openHub(spec: string, options: HubOptions): Promise<Source> {
  const { path, ...repository } = parseHubSpec(spec);
  const { id, revision } = repository;
  const name = `hf://${id}@${revision}${path && `/${path}`}`;
  const { commit, files } = await listHub({ kind: 'datasets', ...repository }, options);
  for (const file of files) checkListedName(name, file.name);
  const listed = files.sort(byName);
  const chosen = choose(listed, path);
  if (chosen.length === 0) {
    const there = listed.slice(0, 20).map((file) => file.name);
    throw new Error(`dataset ${name}: no data file there. It has ${there.join(', ') || 'no file'}.`);
  }
  return {
    name,
    files: chosen.map(
      ({ name: path, size, open }): SourceFile => ({
        name: `hf://${id}@${commit.slice(0, 12)}/${path}`,
        version: `${commit}/${path}`,
        size,
        open,
      }),
    ),
    leftOut: listed.filter((file) => !chosen.includes(file)).map((file) => file.name),
  };
}

/** The files at the path, or of the training split. */
function choose<File extends { name: string }>(listed: File[], path: string): File[] {
  if (path !== '') {
    const exact = listed.filter((file) => file.name === path);
    return exact.length > 0
      ? exact
      : listed.filter((file) => file.name.startsWith(`${path}/`) && isDataFile(file.name));
  }
  const data = listed.filter((file) => isDataFile(file.name));
  const train = data.filter((file) => TRAIN.test(file.name));
  return train.length > 0 ? train : data.filter((file) => !HELD_OUT.test(file.name));
}
