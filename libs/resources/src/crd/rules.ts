import { algorithmNames, descriptorOf, modelRoles } from '@open-chatgpt/pipeline';
import type { Rule } from './schema-types';

/** A pod has no folder of the user: a path is absolute, a URL, or a reference such as builtin:<name>. */
export const ABSOLUTE_PATH = '^(/|[a-z][a-z0-9+.-]*:).+$';

/** The fields of a pipeline file that are paths, from the file on. */
export const pathFields: readonly string[] = [
  'model.path',
  'model.scratch.tokenizer',
  ...modelRoles.map((role) => `stages[].models.${role}`),
  ...new Set(
    algorithmNames.flatMap((name) =>
      Object.keys(descriptorOf(name).data).map((field) => `stages[].with.${field}.path`),
    ),
  ),
];

export const modelRules: Rule[] = [
  {
    rule: 'has(self.path) != has(self.scratch)',
    message: 'expected exactly one of path (a pre-trained model) and scratch (random weights)',
  },
];

export const scratchRules: Rule[] = [
  {
    rule: 'self.hiddenSize % (2 * self.numAttentionHeads) == 0',
    message: 'expected an even multiple of numAttentionHeads',
    fieldPath: '.hiddenSize',
  },
  {
    rule: '!has(self.numKeyValueHeads) || self.numAttentionHeads % self.numKeyValueHeads == 0',
    message: 'expected a divisor of numAttentionHeads',
    fieldPath: '.numKeyValueHeads',
  },
];

const nameOf = (stage: string) => `(has(${stage}.name) ? ${stage}.name : ${stage}.uses)`;

/** Rules that look at several stages; those of one stage follow from the schemas of the algorithms. */
export const pipelineRules: Rule[] = [
  {
    rule: `self.stages.all(a, self.stages.exists_one(b, ${nameOf('a')} == ${nameOf('b')}))`,
    message: 'two stages have the same name; give each its own with "name"',
    fieldPath: '.stages',
  },
];

/** The pods of a role. */
export const podRules: Rule[] = [
  {
    rule: '!has(self.resourceClaimTemplateName) || !has(self.gpus) || self.gpus == 0',
    message: 'expected either gpus or resourceClaimTemplateName, which takes the devices from a claim',
    fieldPath: '.resourceClaimTemplateName',
  },
];

/** At the spec of a pipeline. */
export const stagePodsRules: Rule[] = [
  {
    rule: `!has(self.stagePods) || self.stagePods.all(name, self.stages.exists(s, ${nameOf('s')} == name))`,
    message: 'names a stage that the pipeline does not have',
    fieldPath: '.stagePods',
  },
];
