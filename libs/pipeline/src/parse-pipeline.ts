import { dirname } from 'node:path';
import { checkComplexity, formatYaml, parseYamlDocument } from '@open-chatgpt/untrusted';
import { completeRaw, isMapping, rawStageName } from './complete-raw';
import { offsetOf } from './field-offset';
import { explainIssues } from './fields/parse';
import { overrideOf, type PipelineOverride, withOverrides } from './overrides';
import { type PipelineConfig, pipelineSchema } from './pipeline';
import { resolvePaths } from './pipeline-references';

const MOST_PROBLEMS = 20;

/**
 * Reads a pipeline file: YAML 1.2 (of which JSON is a part).
 * @param text content of the file
 * @param filename shown in messages; relative paths in the file start at its folder
 * @param overrides values that take the place of the file's; their paths should be absolute
 * @throws Error with one line per problem: `file:line:column: field: what was expected; what was found`
 */
export function parsePipeline(
  text: string,
  filename: string,
  overrides: readonly PipelineOverride[] = [],
): PipelineConfig {
  const { value, document, place } = parseYamlDocument(text, filename);
  if (value === null)
    throw new Error(`${filename}: the file is empty; expected at least name, model and stages`);
  return checked(value, filename, overrides, (path, unknownKey) => {
    const offset = offsetOf(document, path, unknownKey);
    return { offset, place: place(offset) };
  });
}

/**
 * As `parsePipeline`, of the fields themselves: they come from a request, a resource or a document, and have no lines.
 * @param where shown in messages; relative paths start at its folder
 * @throws Error with one line per problem: `where: field: what was expected; what was found`
 */
export function pipelineOf(fields: unknown, where: string): PipelineConfig {
  checkComplexity(fields, where);
  return checked(fields, where, [], () => ({ offset: 0, place: where }));
}

/** Where a field stands, or the nearest one around it. */
type Locate = (
  path: readonly (string | number)[],
  unknownKey: string | undefined,
) => { offset: number; place: string };

function checked(
  fields: unknown,
  filename: string,
  overrides: readonly PipelineOverride[],
  locate: Locate,
): PipelineConfig {
  const { raw, placed } = withOverrides(fields, overrides);
  const result = pipelineSchema.safeParse(completeRaw(raw), { reportInput: true });
  if (result.success) return resolvePaths(result.data, dirname(filename));
  const messages = explainIssues(result.error.issues).map((problem) => {
    const field = shownField(problem.path, raw);
    const override = overrideOf(problem, placed);
    const { offset, place } = override
      ? { offset: -1, place: override.source }
      : locate(problem.path, problem.unknownKey);
    return { offset, text: `${place}: ${field ? `${field}: ` : ''}${problem.message}` };
  });
  messages.sort((a, b) => a.offset - b.offset);
  throw new Error(
    firstOf(
      messages.map(({ text }) => text),
      filename,
    ).join('\n'),
  );
}

/** A text of another kind has a problem in every line; the first ones say so. */
function firstOf(problems: readonly string[], filename: string): string[] {
  const more = problems.length - MOST_PROBLEMS;
  return more > 0
    ? [...problems.slice(0, MOST_PROBLEMS), `${filename}: and ${more} more problems`]
    : [...problems];
}

/** The resolved pipeline as YAML that `parsePipeline` reads back to the same value, wherever the file lies. */
export function formatPipeline(pipeline: PipelineConfig): string {
  return formatYaml(pipeline, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** `stages.0.with.learningRate` as people and `--set` write it: `sft.learningRate`. */
function shownField(path: readonly (string | number)[], raw: unknown): string {
  const [key, index, ...rest] = path;
  if (key !== 'stages' || typeof index !== 'number') return path.join('.');
  const stage = isMapping(raw) && Array.isArray(raw.stages) ? rawStageName(raw.stages[index]) : undefined;
  return [stage ?? `stages.${index}`, ...(rest[0] === 'with' ? rest.slice(1) : rest)].join('.');
}
