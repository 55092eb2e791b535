import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataOf } from '@open-chatgpt/events';
import {
  openRunFolder,
  type PipelineConfig,
  type PipelineRun,
  parsePipeline,
  type RunReport,
  runPipeline,
  type StageName,
  TrainingDiverged,
  TrainingInterrupted,
} from '@open-chatgpt/rlhf';
import { fetchFolder, type ObjectStore, publishFolder } from '@open-chatgpt/storage';
import { createTranslator, finite, type RunInHand, type Told } from './run-events';

export interface StageWorkerOptions {
  stage: StageName;
  variation?: StageVariation;
  /** Where models lie that stages hand on. */
  store: ObjectStore;
  /** Where fetched models are kept, each under the hash of its manifest. */
  cacheDir: string;
  /** Resolves when the event is safely on its way; events of one run are told one after the other. */
  tell: (event: Told) => Promise<void>;
  /** Where a run in hand lies; asked for again, it goes on with what it left there. */
  folderOf: (request: DataOf<'run.requested'>) => string;
  /** The process at work, for people. */
  worker: string;
  /** Turns `builtin:<name>` of a model into a path. */
  resolveBuiltin: (name: string) => Promise<string>;
}

/** What a service does otherwise than the plain loop. */
export interface StageVariation {
  /** @param signal the run is to stop */
  vary(
    request: DataOf<'run.requested'>,
    pipeline: PipelineConfig,
    signal: AbortSignal,
  ): Promise<Pick<PipelineRun, 'base' | 'createPpoWorkers'>>;
}

/**
 * Carries out `run.requested` for one stage: fetches the models, trains with the plain loop of libs/rlhf, stores the
 * result and tells what happens. Asked again for the same run, after a crash or because the message came twice, it goes on
 * from the last checkpoint, and a finished run is only told again.
 */
export class StageWorker {
  private readonly atWork = new Map<string, AbortController>();

  constructor(private readonly options: StageWorkerOptions) {}

  /** Asks the run to stop after the step in hand, with a checkpoint; a run that is not at work here is not meant. */
  cancel(runId: string): void {
    this.atWork.get(runId)?.abort();
  }

  /** @param signal stops after the step in hand, with a checkpoint: the request should then be delivered again */
  async carryOut(request: DataOf<'run.requested'>, signal: AbortSignal): Promise<void> {
    const { stage, tell, store, cacheDir, worker } = this.options;
    const { runId, pipelineId, inputs } = request;
    const path = this.options.folderOf(request);
    const attempt = await countAttempt(path, stage);
    const run: RunInHand = { runId, pipelineId, stage, attempt };
    const translate = createTranslator(run, worker);
    const cancelled = new AbortController();
    this.atWork.set(runId, cancelled);
    // Events leave one after the other; the loop does not wait for them, its end does.
    let sent: Promise<void> = Promise.resolve();
    let step = 0;
    try {
      const pipeline = parsePipeline(JSON.stringify(request.config), join(path, 'request.json'));
      const only = {
        stage,
        model: inputs.model && (await fetchFolder(store, inputs.model, cacheDir)),
        rewardModel: inputs.rewardModel && (await fetchFolder(store, inputs.rewardModel, cacheDir)),
      };
      const resume = existsSync(join(path, 'metrics.jsonl'));
      const folder = openRunFolder(path, { resume });
      try {
        const stop = AbortSignal.any([signal, cancelled.signal]);
        const report = await runPipeline({
          pipeline,
          ...(await this.options.variation?.vary(request, pipeline, stop)),
          only,
          folder,
          resume,
          signal: stop,
          resolveBuiltin: this.options.resolveBuiltin,
          show: (event) => {
            if ('step' in event) step = event.step;
            for (const told of translate(event)) sent = sent.then(() => tell(told));
          },
        });
        await sent;
        await this.publish(run, request, folder.path, step, report);
      } finally {
        folder.close();
      }
    } catch (error) {
      await sent.catch(() => undefined);
      if (error instanceof TrainingInterrupted) {
        if (!cancelled.signal.aborted) throw error;
        return await tell({ type: 'run.cancelled', data: { ...run, step } });
      }
      const code = error instanceof TrainingDiverged ? 'TrainingDiverged' : 'StageFailed';
      const message = (error as Error).message.slice(0, 8192);
      await tell({ type: 'run.failed', data: { ...run, step, error: { code, message, retryable: false } } });
    } finally {
      this.atWork.delete(runId);
    }
  }

  private async publish(
    run: RunInHand,
    request: DataOf<'run.requested'>,
    path: string,
    step: number,
    report: RunReport,
  ): Promise<void> {
    const { store, tell, stage } = this.options;
    const { runId, pipelineId } = run;
    const manifest = await publishFolder(
      store,
      `models/${runId}`,
      join(path, 'models', stage === 'ppo' ? 'policy' : stage),
    );
    const figures = finite(
      Object.fromEntries(
        Object.entries(report[stage] ?? {}).filter(([, value]) => typeof value === 'number'),
      ) as Record<string, number>,
    );
    await tell({
      type: 'model.published',
      data: {
        modelId: runId,
        name: report.name,
        stage,
        manifest,
        lineage: { runId, pipelineId, datasets: request.inputs.datasets.map(({ datasetId }) => datasetId) },
        metrics: figures,
      },
    });
    const ledger = report.ppo && {
      generated: report.ppo.generated,
      trained: report.ppo.trained,
      dropped: report.ppo.dropped,
    };
    await tell({
      type: 'run.completed',
      data: { ...run, step, summary: figures, model: manifest, ...(ledger && { ledger }) },
    });
  }
}

/** How often this run was begun, this time included. */
async function countAttempt(path: string, stage: StageName): Promise<number> {
  await mkdir(path, { recursive: true });
  const file = join(path, `${stage}-attempts`);
  const before = Number(await readFile(file, 'utf8').catch(() => '0')) || 0;
  await writeFile(`${file}.writing`, String(before + 1));
  await rename(`${file}.writing`, file);
  return before + 1;
}
