import type { Dataref } from '@open-chatgpt/events';
import type { Pipeline } from '@open-chatgpt/orchestration';
import { API_VERSION, RESUME_ANNOTATION, type RlhfPipeline } from '@open-chatgpt/resources';
import { InvalidRequest } from '../../api/validation';

/** Of the name of a pipeline and that of a stage together: the names of Jobs and pods are made of both. */
const LONGEST_NAMES = 51;

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** @throws InvalidRequest when the id cannot be the name of a resource */
export function checkName({ pipelineId, stages }: Pipeline): void {
  const longest = Math.max(...stages.map(({ stage }) => stage.length));
  const room = LONGEST_NAMES - longest;
  if (DNS_LABEL.test(pipelineId) && pipelineId.length <= room) return;
  throw new InvalidRequest([
    {
      field: 'pipelineId',
      message:
        `"${pipelineId}" names a resource of the cluster: expected lower-case letters, digits and "-", at most ${room} ` +
        'beside the names of the stages; send another pipelineId, or change the name of the pipeline',
    },
  ]);
}

/** What is sent to the API server for a new pipeline. Its defaults are the server's. */
export function resourceOf(
  { pipelineId, config, models }: Pipeline,
  datasets: Record<string, Dataref>,
  namespace: string,
): RlhfPipeline {
  const { model, template, seed, threads, stages } = config;
  const inputs = {
    ...(models && { models }),
    ...(Object.keys(datasets).length > 0 && { datasets }),
  };
  return {
    apiVersion: API_VERSION,
    kind: 'RlhfPipeline',
    metadata: { name: pipelineId, namespace },
    spec: {
      pipelineId,
      ...{ model, template, seed, threads, stages },
      ...(Object.keys(inputs).length > 0 && { inputs }),
    },
  } as unknown as RlhfPipeline;
}

type Reference = NonNullable<Pipeline['resource']>;

export const referenceOf = ({ metadata }: RlhfPipeline): Reference => {
  const { namespace, name, uid, resourceVersion: version, annotations } = metadata;
  const resumeRequest = annotations?.[RESUME_ANNOTATION];
  return { namespace, name, uid, version, ...(resumeRequest !== undefined && { resumeRequest }) };
};

/**
 * Whether a cached resource is older than the one whose state a document has. Versions of one kind can be compared as
 * numbers (KEP-5504).
 */
export function isOlder({ metadata }: RlhfPipeline, { uid, version }: Reference): boolean {
  const both = [metadata.resourceVersion, version];
  return metadata.uid === uid && both.every((one) => /^\d+$/.test(one)) && BigInt(both[0]) < BigInt(both[1]);
}
