import { dirname } from 'node:path';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import { completeRaw, isMapping, rawStageName } from './complete-raw';
import { type ConfigProblem, explainIssues } from './fields/parse';
import { overrideOf, type PipelineOverride, withOverrides } from './overrides';
import { type PipelineConfig, pipelineSchema } from './pipeline';
import { resolvePaths } from './pipeline-references';

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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${filename}:${line || 1}:${col || 1}`;
  };
  if (document.errors.length > 0) {
    throw new Error(document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`).join('\n'));
  }
  if (document.contents === null) {
    throw new Error(`${filename}: the file is empty; expected at least name, model and stages`);
  }
  const { raw, placed } = withOverrides(toPlain(document, filename), overrides);
  const result = pipelineSchema.safeParse(completeRaw(raw), { reportInput: true });
  if (result.success) return resolvePaths(result.data, dirname(filename));
  const messages = explainIssues(result.error.issues).map((problem) => {
    const field = shownField(problem.path, raw);
    const override = overrideOf(problem, placed);
    const offset = override ? -1 : offsetOf(document, problem);
    return {
      offset,
      text: `${override?.source ?? at(offset)}: ${field ? `${field}: ` : ''}${problem.message}`,
    };
  });
  messages.sort((a, b) => a.offset - b.offset);
  throw new Error(messages.map(({ text }) => text).join('\n'));
}

/** The resolved pipeline as YAML that `parsePipeline` reads back to the same value, wherever the file lies. */
export function formatPipeline(pipeline: PipelineConfig): string {
  return stringify(pipeline, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** `stages.0.with.learningRate` as people and `--set` write it: `sft.learningRate`. */
function shownField(path: readonly (string | number)[], raw: unknown): string {
  const [key, index, ...rest] = path;
  if (key !== 'stages' || typeof index !== 'number') return path.join('.');
  const stage = isMapping(raw) && Array.isArray(raw.stages) ? rawStageName(raw.stages[index]) : undefined;
  return [stage ?? `stages.${index}`, ...(rest[0] === 'with' ? rest.slice(1) : rest)].join('.');
}

/** Offset in the text of the field at `path`, or of the nearest one around it that exists. */
function offsetOf(document: Document, { path, unknownKey }: ConfigProblem): number {
  const field = path.at(-1);
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === field);
    const node =
      unknownKey === undefined && isNode(pair?.value) && isScalar(pair.value) ? pair.value : pair?.key;
    if (isNode(node) && node.range) return node.range[0];
  }
  if (isSeq(parent)) {
    const item = parent.items[Number(field)];
    if (isNode(item) && item.range) return item.range[0];
  }
  for (let depth = path.length - 1; depth > 0; depth--) {
    const around = offsetOf(document, { path: path.slice(0, depth), message: '' });
    if (around > 0) return around;
  }
  return 0;
}

/** The value of the document; a file whose aliases multiply without end is refused. */
function toPlain(document: Document, filename: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Error(
      `${filename}: ${(error as Error).message}; write the fields out instead of using aliases`,
    );
  }
}
