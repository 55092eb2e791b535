import { z } from 'zod';
import { datasetSpec, datasetStatus } from '../dataset';
import { GROUP, VERSION } from '../group';
import { modelSpec, modelStatus } from '../model';
import { modelServerSpec, modelServerStatus } from '../model-server';
import { rlhfPipelineSpec, rlhfPipelineStatus } from '../rlhf-pipeline';
import { trainingRunSpec, trainingRunStatus } from '../training-run';
import {
  ABSOLUTE_PATH,
  modelRules,
  pathFields,
  pipelineRules,
  podRules,
  scratchRules,
  stagePodsRules,
} from './rules';
import type { JsonSchema, Rule, StructuralSchema } from './schema-types';
import { bounded, structural, withField, withoutInnerDefaults, withRules } from './structural';

interface Column {
  name: string;
  type: 'string' | 'integer' | 'date' | 'number';
  jsonPath: string;
  description?: string;
  /** 1: only with `-o wide`. */
  priority?: number;
}

interface Scale {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath: string;
}

interface Resource {
  kind: string;
  plural: string;
  shortName: string;
  description: string;
  spec: z.ZodObject;
  status: z.ZodObject;
  columns: Column[];
  scale?: Scale;
  /** Where its fields of a pipeline file stand. */
  pipeline?: string;
  /** Fields that replace others where they are given: a default in them would always replace. */
  overrides?: string[];
  /** Rules in CEL by the path of their field. */
  rules: Record<string, Rule[]>;
}

const condition = (type: string, field: 'status' | 'reason' | 'message' = 'status') =>
  `.status.conditions[?(@.type=="${type}")].${field}`;

const column = (
  name: string,
  jsonPath: string,
  type: Column['type'] = 'string',
  more: Partial<Column> = {},
): Column => ({
  name,
  type,
  jsonPath,
  ...more,
});

const age = column('Age', '.metadata.creationTimestamp', 'date');
const wide = { priority: 1 };
const reason = column('Reason', condition('Ready', 'reason'), 'string', wide);

const podRulesOf = (...roles: string[]): Record<string, Rule[]> =>
  Object.fromEntries(roles.map((role) => [`spec.${role}`, podRules]));

const resources: Resource[] = [
  {
    kind: 'RlhfPipeline',
    plural: 'rlhfpipelines',
    shortName: 'rlhf',
    description:
      'A model, and the stages that it goes through: supervised fine-tuning, reward model, PPO, DPO, KTO.',
    spec: rlhfPipelineSpec,
    status: rlhfPipelineStatus,
    pipeline: 'spec',
    overrides: ['spec.stagePods'],
    columns: [
      column('Status', '.status.phase'),
      column('Stage', '.status.stage'),
      column('Stages', '.status.stageIndex'),
      column('Step', '.status.step'),
      column('Progress', '.status.progressPercent', 'integer', { description: 'percent' }),
      column('Queue', '.spec.queueName'),
      column('GPUs', '.status.gpus', 'integer'),
      age,
      column('Loss', '.status.metrics.loss', 'number', wide),
      column('Reward', '.status.metrics.reward', 'number', wide),
      column('Remaining', '.status.remainingSeconds', 'integer', { ...wide, description: 'seconds' }),
      reason,
    ],
    rules: {
      '': [
        {
          rule: 'self.spec.stages.all(s, size(self.metadata.name) + 1 + size(has(s.name) ? s.name : s.uses) <= 52)',
          message: 'the name and that of a stage have more than 51 characters together; shorten the name',
        },
      ],
      spec: [...pipelineRules, ...stagePodsRules],
      ...podRulesOf('trainer', 'rollouts', 'critics'),
      'spec.model': modelRules,
      'spec.model.scratch': scratchRules,
    },
  },
  {
    kind: 'TrainingRun',
    plural: 'trainingruns',
    shortName: 'trun',
    description: 'One stage of a pipeline, executed by a Job.',
    spec: trainingRunSpec,
    status: trainingRunStatus,
    pipeline: 'spec.pipeline',
    scale: {
      specReplicasPath: '.spec.rollouts.replicas',
      statusReplicasPath: '.status.rollouts.replicas',
      labelSelectorPath: '.status.rollouts.selector',
    },
    columns: [
      column('Status', '.status.phase'),
      column('Algorithm', '.status.algorithm'),
      column('Step', '.status.step', 'integer'),
      column('Steps', '.status.totalSteps', 'integer'),
      column('Progress', '.status.progressPercent', 'integer', { description: 'percent' }),
      column('Queue', '.spec.queueName'),
      column('Failures', '.status.failures', 'integer'),
      age,
      column('Loss', '.status.metrics.loss', 'number', wide),
      column('Reward', '.status.metrics.reward', 'number', wide),
      column('Remaining', '.status.remainingSeconds', 'integer', { ...wide, description: 'seconds' }),
      column('Checkpoint', '.status.checkpoint.step', 'integer', { ...wide, description: 'its step' }),
      column('Rollouts', '.spec.rollouts.replicas', 'integer', wide),
      reason,
    ],
    rules: {
      '': [
        {
          rule: 'size(self.metadata.name) <= 52',
          message:
            'the name has more than 52 characters; shorten it, for the names of its pods start with it',
        },
        {
          rule: 'self.spec.pipeline.stages.exists(s, (has(s.name) ? s.name : s.uses) == self.spec.stage)',
          message: 'the pipeline has no stage of this name',
          fieldPath: '.spec.stage',
        },
      ],
      'spec.pipeline': pipelineRules,
      ...podRulesOf('trainer', 'rollouts', 'critics'),
      'spec.pipeline.model': modelRules,
      'spec.pipeline.model.scratch': scratchRules,
    },
  },
  {
    kind: 'Dataset',
    plural: 'datasets',
    shortName: 'dset',
    description: 'A dataset that the platform ingests: it is read, cleaned, and written to the store.',
    spec: datasetSpec,
    status: datasetStatus,
    columns: [
      column('Status', '.status.phase'),
      column('Kind', '.status.kind'),
      column('Rows', '.status.rows.kept', 'integer'),
      age,
      column('Source', '.spec.source', 'string', wide),
      column('Train', '.status.examples.train', 'integer', wide),
      column('Eval', '.status.examples.eval', 'integer', wide),
      reason,
    ],
    rules: {},
  },
  {
    kind: 'Model',
    plural: 'models',
    shortName: 'mdl',
    description: 'A model in the store: imported, or trained by a run.',
    spec: modelSpec,
    status: modelStatus,
    columns: [
      column('Status', '.status.phase'),
      column('Kind', '.status.kind'),
      column('Algorithm', '.status.algorithm'),
      age,
      column('Parameters', '.status.parameters', 'integer', wide),
      column('Run', '.status.lineage.runId', 'string', wide),
      reason,
    ],
    rules: {
      spec: [
        {
          rule: 'has(self.source) != has(self.manifest)',
          message: 'expected exactly one of source (a model to import) and manifest (a model in the store)',
        },
      ],
    },
  },
  {
    kind: 'ModelServer',
    plural: 'modelservers',
    shortName: 'msrv',
    description: 'An OpenAI-compatible API that answers with a model: a Deployment and a Service.',
    spec: modelServerSpec,
    status: modelServerStatus,
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
    columns: [
      column('Status', '.status.phase'),
      column('Model', '.spec.model'),
      column('Ready', '.status.readyReplicas', 'integer'),
      column('Replicas', '.spec.replicas', 'integer'),
      age,
      column('URL', '.status.url', 'string', wide),
      reason,
    ],
    rules: {
      ...podRulesOf('pods'),
      '': [
        {
          rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')",
          message:
            'the name becomes that of a Service: expected lower-case letters, digits and "-", at most 52, a letter first',
        },
      ],
    },
  },
];

/** The CustomResourceDefinitions of all custom resources, made from their zod schemas. */
export function customResourceDefinitions(): Record<string, unknown>[] {
  return resources.map((resource) => {
    const { kind, plural, shortName, columns, scale } = resource;
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${GROUP}` },
      spec: {
        group: GROUP,
        scope: 'Namespaced',
        names: {
          kind,
          listKind: `${kind}List`,
          plural,
          singular: kind.toLowerCase(),
          shortNames: [shortName],
          categories: ['open-chatgpt'],
        },
        versions: [
          {
            name: VERSION,
            served: true,
            storage: true,
            additionalPrinterColumns: columns,
            subresources: { status: {}, ...(scale && { scale }) },
            schema: { openAPIV3Schema: schemaOf(resource) },
          },
        ],
      },
    };
  });
}

function schemaOf({
  kind,
  description,
  spec,
  status,
  pipeline,
  overrides = [],
  rules,
}: Resource): StructuralSchema {
  const schema = bounded({
    type: 'object',
    description,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(jsonSchemaOf(spec), `${kind}.spec`),
      status: structural(jsonSchemaOf(status), `${kind}.status`),
    },
    required: ['spec'],
  });
  const withPipeline = pipeline === undefined ? schema : withPipelineFields(schema, pipeline);
  const bare = overrides.reduce((found, path) => withField(found, path, withoutInnerDefaults), withPipeline);
  return Object.entries(rules).reduce((found, [path, own]) => withRules(found, path, own), bare);
}

/** What a pipeline file in a cluster differs in. */
function withPipelineFields(schema: StructuralSchema, at: string): StructuralSchema {
  const located = pathFields.reduce(
    (found, path) => withField(found, `${at}.${path}`, (field) => ({ ...field, pattern: ABSOLUTE_PATH })),
    schema,
  );
  // A default that the API server writes hides the preset of the stage and the seed of the pipeline.
  return withField(located, `${at}.stages[].with`, withoutInnerDefaults);
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: { properties, required } }) => {
      // A stage without a name has that of its algorithm.
      if (properties?.uses && required?.includes('name')) required.splice(required.indexOf('name'), 1);
    },
  }) as JsonSchema;
}
