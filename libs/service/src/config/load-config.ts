import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';

/** Where the value of a field comes from: `OPEN_CHATGPT_` and its name in capitals, `busUrl` → OPEN_CHATGPT_BUS_URL. */
export function variableOf(field: string): string {
  return `OPEN_CHATGPT_${field.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** The file that gives what the environment does not. */
const CONFIG_FILE = 'OPEN_CHATGPT_CONFIG';

/**
 * A service's configuration: the environment, then the YAML or JSON file that OPEN_CHATGPT_CONFIG names, then defaults.
 * Other variables are none of its business; a field of the file that no service knows is a mistake.
 * @throws Error that names every variable or field that is wrong, with what was expected and found
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
      return issue.keys.map(
        (key) => `${source.get(key) ?? key}: there is no such field; known: ${fields.join(', ')}`,
      );
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
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new Error(`configuration: ${file} is neither YAML nor JSON: ${(error as Error).message}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new Error(`configuration: ${file}: expected fields with values, such as "port: 3000"`);
  return content as Record<string, unknown>;
}
