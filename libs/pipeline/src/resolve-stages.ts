import type { z } from 'zod';
import { stageOf } from './references';
import type { DatasetSource } from './sources';
import { type DataRole, type ModelKind, type ModelRole, modelRoles } from './stages/descriptor';
import { descriptorOf, type StageConfig } from './stages/registry';

type Complain = (path: (string | number)[], message: string) => void;

/**
 * Says for each stage where its models and inherited datasets come from: the reference that the file gives, or the
 * newest earlier stage that provides what is needed. A base that no earlier stage makes stays absent: it is the
 * pipeline's model. Problems become issues of the schema.
 */
export function resolveStages(stages: readonly StageConfig[], context: z.core.$RefinementCtx): StageConfig[] {
  const resolved: StageConfig[] = [];
  for (const [index, stage] of stages.entries()) {
    const complain: Complain = (path, message) =>
      context.addIssue({ code: 'custom', path: ['stages', index, ...path], message, input: stage });
    if (resolved.some(({ name }) => name === stage.name))
      complain(['name'], `another stage has the name "${stage.name}"; give each its own with "name"`);
    resolved.push({
      ...stage,
      models: resolveModels(stage, resolved, complain),
      with: inheritDatasets(stage, resolved, complain),
    } as StageConfig);
  }
  return resolved;
}

function resolveModels(
  stage: StageConfig,
  earlier: readonly StageConfig[],
  complain: Complain,
): StageConfig['models'] {
  const models: StageConfig['models'] = {};
  for (const role of modelRoles) {
    const need = descriptorOf(stage.uses).models[role];
    if (!need) continue;
    const given = stage.models[role];
    if (given !== undefined) {
      checkStageReference(given, need.kind, role, earlier, complain);
      models[role] = given;
      continue;
    }
    // Without a reference, the base is the reference.
    if (need.optional) continue;
    const made = earlier.findLast(({ uses }) => descriptorOf(uses).makes === need.kind);
    if (made) models[role] = `stage:${made.name}`;
    else if (role !== 'base')
      complain(
        [],
        `needs a ${need.kind.replace('-', ' ')}: add a stage before it that makes one, or name a trained one as models.${role}`,
      );
  }
  return models;
}

function checkStageReference(
  given: string,
  kind: ModelKind,
  role: ModelRole,
  earlier: readonly StageConfig[],
  complain: Complain,
): void {
  const name = stageOf(given);
  if (name === null) return;
  const stage = earlier.find((one) => one.name === name);
  const names = earlier.map((one) => one.name).join(', ') || 'none';
  if (!stage)
    complain(['models', role], `there is no earlier stage "${name}"; the stages before this one: ${names}`);
  else if (descriptorOf(stage.uses).makes !== kind)
    complain(
      ['models', role],
      `expected a stage that makes a ${kind.replace('-', ' ')}; "${name}" makes a ${descriptorOf(stage.uses).makes.replace('-', ' ')}`,
    );
}

function inheritDatasets(
  stage: StageConfig,
  earlier: readonly StageConfig[],
  complain: Complain,
): StageConfig['with'] {
  const settings: Record<string, unknown> = { ...stage.with };
  for (const [field, need] of Object.entries(descriptorOf(stage.uses).data)) {
    if (settings[field] !== undefined || !need.inheritedWhen?.(stage.with)) continue;
    settings[field] = earlier
      .flatMap((one) => datasetsOf(one))
      .findLast(({ role }) => role === need.role)?.source;
    if (settings[field] === undefined)
      complain(
        ['with', field],
        `missing; name a dataset of ${need.role}, or add a stage before it that reads one`,
      );
  }
  return settings as StageConfig['with'];
}

/** The datasets that a stage reads, with the field that names each. */
export function datasetsOf(stage: StageConfig): { field: string; role: DataRole; source: DatasetSource }[] {
  const settings = stage.with as Record<string, unknown>;
  return Object.entries(descriptorOf(stage.uses).data).flatMap(([field, { role }]) => {
    const source = settings[field] as DatasetSource | undefined;
    return source ? [{ field, role, source }] : [];
  });
}
