import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportSchema } from '@open-chatgpt/runs';
import { jsonLines, openchat } from './openchat';

/** `--set` with each of these fields. */
export const settings = (...fields: string[]) => fields.flatMap((field) => ['--set', field]);

/** Trains with the plain loops, without services, into the folder `out` below `cwd`. */
export async function trainPlainly(
  cwd: string,
  file: string,
  out: string,
  more: string[] = [],
): Promise<void> {
  const { code, stderr } = await openchat(['run', file, '--out', out, ...more], { cwd });
  if (code !== 0) throw new Error(`openchat run ${file} ended with ${code}: ${stderr}`);
}

export interface Trained {
  code: number | null;
  /** The printed lines; the last one is the pipeline at its end. */
  lines: Record<string, unknown>[];
  pipelineId: string;
  status: string;
}

/** Trains through a gateway and watches. */
export async function trainThrough(
  { url }: { url: string },
  cwd: string,
  file: string,
  more: string[] = [],
): Promise<Trained> {
  const { code, stdout } = await openchat(['run', file, '--gateway', url, '--json', ...more], { cwd });
  const lines = jsonLines(stdout);
  return { code, lines, ...(lines.at(-1) as { pipelineId: string; status: string }) };
}

/** The weights in the folder of a run. @param model the name of its stage */
export function weightsOf(folder: string, model: string): Buffer {
  return readFileSync(join(folder, 'models', model, 'model.safetensors'));
}

/** The figures of each stage in the report of a run, without those that depend on time. */
export function figuresOf(folder: string) {
  const { stages } = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
  return stages.map(({ tokensPerSecond: _, timeShares: __, ...figures }) => figures);
}
