import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseHubModelName } from './hub-model-name';

/**
 * The folder of a model that Hugging Face's own programs have downloaded to this machine
 * (`<cache>/models--owner--name/snapshots/<commit>`), or null.
 *
 * @param source `owner/name` or `owner/name@revision`
 * @param env HF_HUB_CACHE, or HF_HOME; by default `~/.cache/huggingface`
 */
export function sharedHubModel(
  source: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const { id, revision } = parseHubModelName(source);
  const home = env['HF_HOME'] || join(homedir(), '.cache', 'huggingface');
  const model = join(env['HF_HUB_CACHE'] || join(home, 'hub'), `models--${id.replace('/', '--')}`);
  const reference = join(model, 'refs', revision);
  const isReference = statSync(reference, { throwIfNoEntry: false })?.isFile();
  const commit = isReference ? readFileSync(reference, 'utf8').trim() : revision;
  const folder = join(model, 'snapshots', commit);
  return /^[\w.-]+$/.test(commit) && existsSync(join(folder, 'config.json')) ? folder : null;
}
