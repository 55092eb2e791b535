import type { DataOf } from '@open-chatgpt/events';
import { type KubeClient, KubeError, type KubeLogger } from '@open-chatgpt/kube';
import type { TrainingRun } from '@open-chatgpt/resources';
import { FIELD_MANAGER } from '../kubernetes/names';
import { type Job, kinds } from '../kubernetes/types';

/** On a Job whose request has been published. */
const ANNOUNCED = 'open-chatgpt.io/announced';

export interface AnnouncementOptions {
  client: KubeClient;
  logger: KubeLogger;
  /** Publishes the request as a fact, so that other systems and the history know of it. Resolves when the bus has it. */
  announce: (request: DataOf<'run.requested'>, id: string) => Promise<void>;
}

/**
 * Publishes the request of each Job at least once. The Job says whether that is done: an operator that starts while the bus is
 * away publishes what the one before it could not. Repetitions have the same event id, so that consumers skip them.
 */
export class Announcements {
  /** Jobs, by uid, whose request this process has given to the bus. */
  private readonly sent = new Set<string>();

  constructor(private readonly options: AnnouncementOptions) {}

  ensure(run: TrainingRun, request: DataOf<'run.requested'>, job: Job): void {
    const { uid, annotations } = job.metadata;
    if (annotations?.[ANNOUNCED]) this.sent.delete(uid!);
    else if (!this.sent.has(uid!)) {
      this.sent.add(uid!);
      void this.announce(run, request, job);
    }
  }

  private async announce(run: TrainingRun, request: DataOf<'run.requested'>, job: Job): Promise<void> {
    const { client, logger, announce } = this.options;
    const { name, namespace, uid } = job.metadata;
    await announce(request, `${request.runId}/requested/${run.status?.resumed ?? 0}`);
    try {
      await client.mergePatch(
        kinds.jobs,
        { name: name!, namespace },
        { metadata: { uid, annotations: { [ANNOUNCED]: 'true' } } },
        { fieldManager: FIELD_MANAGER },
      );
    } catch (err) {
      // The Job is gone, another of its name has come, or another cluster executes it.
      if (KubeError.is(err, 'NotFound', 'Conflict')) return;
      // The next operator publishes the request again.
      logger.warn({ err, namespace, job: name }, 'The Job is not marked as announced');
    }
  }
}
