import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { stringify } from 'yaml';

/** Writes the files of the tiny pipeline with these stages. @returns the path of its YAML file */
export function writeTinyPipeline(
  folder: string,
  stages: readonly string[] = ['sft', 'reward', 'ppo'],
): string {
  writeFileSync(join(folder, 'rows.jsonl'), tinyRows());
  const pipeline = tinyPipeline('rows.jsonl');
  const wanted = { ...pipeline, stages: pipeline.stages.filter(({ name }) => stages.includes(name)) };
  const file = join(folder, 'tiny.yaml');
  writeFileSync(file, stringify(wanted));
  return file;
}
