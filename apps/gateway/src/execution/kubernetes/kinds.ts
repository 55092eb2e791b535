import { type KubeObject, resourceType } from '@open-chatgpt/kube';
import {
  API_VERSION,
  type Dataset,
  type Model,
  type RlhfPipeline,
  type TrainingRun,
} from '@open-chatgpt/resources';

export interface Pod extends KubeObject {
  status?: { phase?: string };
}

/** The kinds that the gateway reads and writes. */
export const kinds = {
  pipelines: resourceType<RlhfPipeline>(API_VERSION, 'RlhfPipeline', 'rlhfpipelines'),
  runs: resourceType<TrainingRun>(API_VERSION, 'TrainingRun', 'trainingruns'),
  datasets: resourceType<Dataset>(API_VERSION, 'Dataset', 'datasets'),
  models: resourceType<Model>(API_VERSION, 'Model', 'models'),
  pods: resourceType<Pod>('v1', 'Pod', 'pods'),
};

export const FIELD_MANAGER = 'open-chatgpt-gateway';
