import { loadConfig } from '@open-chatgpt/service';
import { inferenceConfigSchema } from '../config/inference-config';
import { type RunningInference, startInference } from '../start-inference';

/** The real service on a free port, with variables named without their OPEN_CHATGPT_ prefix. */
export function startWith(variables: Record<string, string>): Promise<RunningInference> {
  const env = Object.entries(variables).map(([name, value]) => [`OPEN_CHATGPT_${name}`, value]);
  return startInference(
    loadConfig(inferenceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      ...Object.fromEntries(env),
    }),
  );
}

/** Polls until the condition holds; the timeout of the test ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
