import { type PipelineOverride, resolvePath } from '@open-chatgpt/pipeline';
import { parseYaml } from '@open-chatgpt/untrusted';
import { asUsage, UsageError } from '../exit-codes';

const pathFields = new Set(['path', 'outputDir', 'tokenizer']);

/** The value with paths taken from the working folder, as one expects on a command line. */
function fromHere(path: readonly string[], value: unknown): unknown {
  const isPath = pathFields.has(path.at(-1)!) || path.at(-2) === 'models';
  // `~` and `$NAME` stay for the schema to refuse.
  return isPath && typeof value === 'string' && !/^~|\$/.test(value)
    ? resolvePath(value, process.cwd())
    : value;
}

/**
 * `sft.learningRate=1e-4` as an override; the value is read as YAML.
 * @throws UsageError when it has no field name or the value is not YAML
 */
export function parseOverride(text: string): PipelineOverride {
  const source = `--set ${text}`;
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).split('.');
  if (at < 1 || path.some((part) => part.trim() === '')) {
    throw new UsageError(`${source}: expected field=value, such as --set sft.learningRate=1e-4`);
  }
  const value = asUsage(() => parseYaml(text.slice(at + 1), `${source}: value`));
  return { path, value: fromHere(path, value), source };
}

/** A flag that sets a field, such as `--model`. */
export function flagOverride(flag: string, field: string, value: unknown): PipelineOverride {
  const path = field.split('.');
  return { path, value: fromHere(path, value), source: `${flag} ${String(value)}` };
}
