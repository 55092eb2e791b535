import { readFileSync } from 'node:fs';
import { parseYaml } from '@open-chatgpt/untrusted';
import type { z } from 'zod';
import { unknownVariables } from './unknown-variables';

/** The environment variable of a field: `workDir` → `OPEN_CHATGPT_WORK_DIR`. */
export function variableOf(field: string): string {
  return `OPEN_CHATGPT_${field.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** Names a file with values for fields that the environment does not set. */
const CONFIG_FILE = 'OPEN_CHATGPT_CONFIG';

/**
 * Loads a service's configuration: first the environment, then the YAML or JSON file that OPEN_CHATGPT_CONFIG names, then
 * the defaults. An unknown field of the file is an error; an unknown variable is warned about, because pods share variables.
 * @param warn called with each warning
 * @throws Error that names every invalid variable or field, with the expected and the found value
 */
export function loadConfig<Shape extends z.ZodObject>(
  schema: Shape,
  env: Record<string, string | undefined> = process.env,
  warn: (message: string) => void = printWarning,
): z.output<Shape> {
  const file = env[CONFIG_FILE];
  const fromFile = file ? readConfigFile(file) : {};
  const fields = Object.keys(schema.shape);
  for (const message of unknownVariables(fields.map(variableOf), env)) warn(message);
  const source = new Map<string, string>();
  const raw: Record<string, unknown> = { ...fromFile };
  for (const field of Object.keys(fromFile)) source.set(field, `${file}: ${field}`);
  for (const field of fields) {
    const value = env[variableOf(field)];
    if (value === undefined || value.trim() === '') continue;
    raw[field] = value;
    source.set(field, variableOf(field));
  }
  const result = schema.strict().safeParse(raw);
  if (result.success) return result.data as z.output<Shape>;
  const lines = result.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${source.get(key) ?? key}: unknown field; known: ${fields.join(', ')}`);
    const field = String(issue.path[0]);
    return [
      `${source.get(field) ?? variableOf(field)}: ${issue.message}; found ${JSON.stringify(raw[field])}`,
    ];
  });
  throw new Error(lines.map((line) => `configuration: ${line}`).join('\n'));
}

/** The log has no level yet, and stdout may be the result of a command. */
function printWarning(message: string): void {
  process.stderr.write(`Warning: ${message}\n`);
}

function readConfigFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`configuration: ${CONFIG_FILE} names ${file}: ${(error as Error).message}`);
  }
  const content = parseYaml(text, `configuration: ${file}`);
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new Error(`configuration: ${file}: expected fields with values, such as "port: 3000"`);
  return content as Record<string, unknown>;
}
