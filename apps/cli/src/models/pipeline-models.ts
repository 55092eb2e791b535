import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { descriptorOf } from '@open-chatgpt/pipeline';
import { UsageError } from '../exit-codes';
import { type GatewayClient, GatewayRefused, type SubmittedPipeline } from '../gateway/gateway-client';
import { shownPath } from '../terminal/invocation';
import type { MadeModel } from '../training/next-commands';
import { LOCAL_STORE } from './platform-model';

type Stage = SubmittedPipeline['stages'][number];

const hasModel = (stage: Stage): stage is Stage & Required<Pick<Stage, 'model'>> => stage.model !== undefined;
const kindOf = ({ algorithm }: Stage) => descriptorOf(algorithm).makes;

/** The stage whose model is the result of a pipeline: the last one with a language model, else the last one with any. */
function resultStage({ stages }: SubmittedPipeline) {
  const made = stages.filter(hasModel);
  return made.findLast((stage) => kindOf(stage) === 'language-model') ?? made.at(-1);
}

/** How commands on this machine name the models of a pipeline. The last one is its result. */
export function modelsOf(pipeline: SubmittedPipeline, env = process.env): MadeModel[] {
  const result = resultStage(pipeline);
  const stages = pipeline.stages.filter(hasModel).filter((stage) => stage !== result);
  return [...stages, ...(result ? [result] : [])].map((stage) => nameModel(stage, env));
}

/** @param model manifest at `<store>/models/<runId>/<version>/manifest.json` */
function nameModel(stage: Stage & Required<Pick<Stage, 'model'>>, env: NodeJS.ProcessEnv): MadeModel {
  const { runId, model } = stage;
  const store = model.uri.split('/').slice(0, -4).join('/');
  const named = { kind: kindOf(stage), name: runId };
  const chosen = env['OPEN_CHATGPT_STORE'] || LOCAL_STORE;
  const isChosen =
    store === (/^\w\w+:\/\//.test(chosen) ? chosen.replace(/\/$/, '') : pathToFileURL(resolve(chosen)).href);
  if (isChosen) return { ...named, source: `store:${runId}` };
  // Another store than one of this machine is named by its URL.
  if (!store.startsWith('file:')) return { ...named, source: `${store}/models/${runId}` };
  return {
    ...named,
    source: `store:${runId}`,
    variables: `OPEN_CHATGPT_STORE=${shownPath(fileURLToPath(store))}`,
  };
}

/**
 * The manifest of a model of a pipeline, for `fetchPlatformModel`.
 * @param stage name of the stage that made it; by default the result of the pipeline
 * @throws UsageError when there is no such pipeline, stage or model
 */
export async function pipelineModel(
  gateway: GatewayClient,
  pipelineId: string,
  stage?: string,
): Promise<string> {
  const pipeline = await gateway.pipeline(pipelineId).catch((error: Error) => {
    const absent = error instanceof GatewayRefused && error.status === 404;
    const why = absent
      ? `and ${gateway.url} has no such pipeline; openchat get pipelines and openchat get models list what there is`
      : `and it cannot be looked up as a pipeline: ${error.message}`;
    throw new UsageError(`${pipelineId}: no file or folder has this name, ${why}`);
  });
  const { stages, status } = pipeline;
  const named = stages.find((one) => one.stage === stage);
  if (stage !== undefined && !named)
    throw new UsageError(
      `${pipelineId}: there is no stage "${stage}"; the stages are ${stages.map((one) => one.stage).join(', ')}`,
    );
  const model = stage === undefined ? resultStage(pipeline)?.model : named?.model;
  if (model) return model.uri;
  throw new UsageError(
    `${pipelineId}: ${stage === undefined ? `the pipeline is ${status} and has no model yet` : `the stage ${stage} has no model yet`}; openchat watch ${pipelineId} shows how far it is`,
  );
}
