import type { PipelineConfig } from './pipeline';
import { datasetIdOf, filePathOf, modelIdOf, resolvePath } from './references';
import { datasetsOf } from './resolve-stages';
import type { DatasetSource, ModelSource } from './sources';
import type { DataRole, ModelRole } from './stages/descriptor';
import type { StageConfig } from './stages/registry';

/** Changes every dataset of a stage. */
function mapDatasets<S extends StageConfig>(stage: S, change: (source: DatasetSource) => DatasetSource): S {
  const changed = datasetsOf(stage).map(({ field, source }) => [field, change(source)]);
  return { ...stage, with: { ...stage.with, ...Object.fromEntries(changed) } };
}

/** The same pipeline with every path absolute; relative ones start at `folder`. */
export function resolvePaths(pipeline: PipelineConfig, folder: string): PipelineConfig {
  const at = (path: string) => resolvePath(path, folder);
  const optional = (path: string | undefined) => (path === undefined ? undefined : at(path));
  const model = (source: ModelSource): ModelSource =>
    'path' in source
      ? { path: at(source.path) }
      : { scratch: { ...source.scratch, tokenizer: optional(source.scratch.tokenizer) } };
  return {
    ...pipeline,
    outputDir: optional(pipeline.outputDir),
    model: model(pipeline.model),
    stages: pipeline.stages.map((stage) => ({
      ...mapDatasets(stage, (source) => ({ ...source, path: at(source.path) })),
      models: Object.fromEntries(Object.entries(stage.models).map(([role, path]) => [role, at(path)])),
    })),
  };
}

/** A dataset of the platform that a stage reads. */
export interface DatasetReference {
  role: DataRole;
  datasetId: string;
}

export function datasetReferences(stage: StageConfig): DatasetReference[] {
  return datasetsOf(stage).flatMap(({ role, source }) => {
    const datasetId = datasetIdOf(source.path);
    return datasetId === null ? [] : [{ role, datasetId }];
  });
}

/** The pipeline with the folder of each dataset in place of its id; ids that are not in `folders` stay. */
export function withDatasets(pipeline: PipelineConfig, folders: ReadonlyMap<string, string>): PipelineConfig {
  return {
    ...pipeline,
    stages: pipeline.stages.map((stage) =>
      mapDatasets(stage, (source) => {
        const folder = folders.get(datasetIdOf(source.path) ?? '');
        return folder === undefined ? source : { ...source, path: folder };
      }),
    ),
  };
}

/** A file or folder of the machine that trains, and the field that names it. */
export interface FilePath {
  field: string;
  path: string;
}

/** The files that the stages of a pipeline open by path or `file://`. */
export function filePathsOf({ model, stages }: PipelineConfig): FilePath[] {
  const named = [
    'path' in model
      ? { field: 'model.path', text: model.path }
      : { field: 'model.scratch.tokenizer', text: model.scratch.tokenizer },
    ...stages.flatMap((stage) => [
      ...Object.entries(stage.models).map(([role, text]) => ({
        field: `${stage.name}.models.${role}`,
        text,
      })),
      ...datasetsOf(stage).map(({ field, source }) => ({
        field: `${stage.name}.${field}.path`,
        text: source.path,
      })),
    ]),
  ];
  return named.flatMap(({ field, text }) => {
    const path = text === undefined ? null : filePathOf(text);
    return path === null ? [] : [{ field, path }];
  });
}

/** The ids of the platform's models that a pipeline names. */
export function modelIds({ model, stages }: PipelineConfig): string[] {
  const paths = [
    ...('path' in model ? [model.path] : []),
    ...stages.flatMap((stage) => Object.values(stage.models)),
  ];
  return [...new Set(paths.flatMap((path) => modelIdOf(path) ?? []))];
}

/** Where a stage takes the model of a role from: the reference of the stage, or for the base the pipeline's model. */
export function modelOf({ model }: PipelineConfig, stage: StageConfig, role: ModelRole): ModelSource | null {
  const path = stage.models[role];
  if (path !== undefined) return { path };
  return role === 'base' ? model : null;
}
