import { datasetsOf, type StageConfig } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { algorithm, text } from './fields';
import { jsonObject } from './json-object';

const stages = z.looseObject({
  stages: z
    .array(z.looseObject({ name: text(128), uses: algorithm, with: z.record(z.string(), z.unknown()) }))
    .optional(),
});
const dataset = z.looseObject({ path: z.string() });

/**
 * The configuration of a run. Another system may send one of another kind, without stages. What receivers read of stages before
 * the worker checks everything, their names and datasets, has to be as a pipeline file has it.
 */
export const runConfig = jsonObject.superRefine((value, context) => {
  const complain = (found: z.core.$ZodIssue[], path: PropertyKey[] = []) => {
    for (const issue of found)
      context.addIssue({
        code: 'custom',
        message: issue.message,
        path: [...path, ...issue.path],
        input: value,
      });
  };
  const { success, data, error } = stages.safeParse(value);
  if (!success) return complain(error.issues);
  for (const [index, stage] of (data.stages ?? []).entries())
    for (const { field, source } of datasetsOf(stage as unknown as StageConfig))
      complain(dataset.safeParse(source).error?.issues ?? [], ['stages', index, 'with', field]);
});
