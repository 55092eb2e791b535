import { readFileSync } from 'node:fs';
import { parseYaml } from '@open-chatgpt/untrusted';
import type { z } from 'zod';

/** The environment variable of a field: `busUrl` → `OPEN_CHATGPT_BUS_URL`. */
export function variableOf(field: string): string {
  return `OPEN_CHATGPT_${field.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** Names a file with values for fields that the environment does not set. */
const CONFIG_FILE = 'OPEN_CHATGPT_CONFIG';

/**
 * Loads a service's configuration: first the environment, then the YAML or JSON file that OPEN_CHATGPT_CONFIG names, then
 * the defaults. Unknown environment variables are ignored; an unknown field of the file is an error.
 * @throws Error that names every invalid variable or field, with the expected and the found value
 */
export function loadConfig<Shape extends z.ZodObject>(
  schema: Shape,
  env: Record<string, string | undefined> = process.env,
): z.output<Shape> {
  const file = env[CONFIG_FILE];
  const fromFile = file ? readConfigFile(file) : {};
  const fields = Object.keys(schema.shape);
  const source = new Map<string, string>();
  const raw: Record<string, unknown> = { ...fromFile };
  for (const field of Object.keys(fromFile)) source.set(field, `${file}: ${field}`);
  for (const field of fields) {
    const value = env[variableOf(field)];
    if (value === undefined || value === '') continue;
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
  throw new Error(`configuration:\n  ${lines.join('\n  ')}`);
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
