import { ownerReference } from '@open-chatgpt/kube';
import { labels, type Model } from '@open-chatgpt/resources';
import { z } from 'zod';
import { FIELD_MANAGER, labelValue } from '../kubernetes/names';
import { podTemplate } from '../kubernetes/pod-template';
import type { Job, Pod } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { EXIT } from '../runs/job';
import { modelIdOf } from './find-model';

const CONTAINER = 'import';

/** One tensor is in memory at a time; the largest of a common model, the embedding, takes up to 2 GiB. */
const REQUESTS = { cpu: '1', memory: '2Gi' };

const datarefSchema = z.object({ uri: z.string(), sha256: z.string(), size: z.int(), version: z.string() });

const outcomeSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('imported'),
    manifest: datarefSchema,
    kind: z.enum(['language-model', 'reward-model']),
    family: z.string(),
    parameters: z.int(),
  }),
  z.object({
    outcome: z.literal('failed'),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);

/** What the pod of an import says at its end. */
export type ImportOutcome = z.output<typeof outcomeSchema>;

const importLabels = ({ metadata }: Model): Record<string, string> => ({
  'app.kubernetes.io/name': 'open-chatgpt',
  'app.kubernetes.io/managed-by': FIELD_MANAGER,
  'app.kubernetes.io/component': 'import',
  [labels.model]: labelValue(metadata.name),
});

/** The Job that imports `spec.source` into the store. */
export function importJob(model: Model, defaults: PodDefaults): Job {
  const { metadata, spec } = model;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: labelValue(`${metadata.name}-import`),
      namespace: metadata.namespace,
      labels: importLabels(model),
      ownerReferences: [ownerReference(model)],
    },
    spec: {
      backoffLimit: 3,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailJob',
            onExitCodes: { containerName: CONTAINER, operator: 'In', values: [EXIT.never] },
          },
        ],
      },
      template: podTemplate(
        {
          container: CONTAINER,
          service: 'data-ingestion',
          args: ['import-model', '--source', spec.source!, '--id', modelIdOf(model)],
          labels: importLabels(model),
          requests: REQUESTS,
          restartPolicy: 'Never',
        },
        {},
        defaults,
      ),
    } as Job['spec'],
  };
}

/** What the pods of an import have said: of a completed one, else of the last that failed. */
export function importOutcome(pods: readonly Pod[]): ImportOutcome | undefined {
  const outcomes = [...pods]
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .flatMap((pod) => outcomeOf(pod) ?? []);
  return outcomes.find(({ outcome }) => outcome === 'imported') ?? outcomes.at(-1);
}

function outcomeOf({ status }: Pod): ImportOutcome | undefined {
  const message = status?.containerStatuses?.find(({ name }) => name === CONTAINER)?.state?.terminated
    ?.message;
  try {
    return message ? outcomeSchema.safeParse(JSON.parse(message)).data : undefined;
  } catch {
    return undefined;
  }
}
