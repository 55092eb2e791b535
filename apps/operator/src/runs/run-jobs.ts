import type { DataOf } from '@open-chatgpt/events';
import {
  controllerOf,
  type EventRecorder,
  type KubeClient,
  KubeError,
  ownerReference,
} from '@open-chatgpt/kube';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import { labels, type TrainingRun } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER, runLabels } from '../kubernetes/names';
import { applyOwned, createOwned } from '../kubernetes/owned';
import { type Job, type JobSet, kinds } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { type JobOptions, jobOf, requestMap } from './job';
import { jobNameInSet, jobOfElsewhere, jobSetOf, mayBeJobSet, setOf } from './job-set';

/** Between two looks at a JobSet that another cluster executes: nothing watches JobSets. */
const ELSEWHERE_MS = 5000;

export interface RunJobsOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
  defaults: PodDefaults;
  /** Reconciles a key after a time. */
  later: (key: string, milliseconds: number) => void;
}

export interface JobStart {
  /** None while an earlier Job is about to go, whose end brings the run back, or while `waits` says why. */
  job?: Job;
  waits?: { reason: string; message: string };
}

/**
 * The Job that executes a run: alone, or in a JobSet where a run has several ranks and the server has JobSets. All is read from
 * the Job; what creates, suspends and deletes it goes to the set.
 */
export class RunJobs {
  constructor(private readonly options: RunJobsOptions) {}

  /** All Jobs of a run, also those from before it was resumed. */
  of(run: TrainingRun): Job[] {
    return this.options.caches.jobs.byIndex('owner', run.metadata.uid);
  }

  /** The Job of the run since it was resumed last; one from before says nothing any more. */
  async current(run: TrainingRun): Promise<Job | undefined> {
    const found = this.of(run).find((job) => isCurrent(run, job));
    return found ?? (run.spec.managedBy === undefined ? undefined : this.elsewhere(run));
  }

  /** Creates the request, and the Job or the JobSet. Idempotent: they have the name of the run. */
  async start(
    run: TrainingRun,
    request: DataOf<'run.requested'>,
    algorithm: AlgorithmName,
    { suspended, workload }: Pick<JobOptions, 'suspended' | 'workload'>,
  ): Promise<JobStart> {
    const { client, defaults, recorder } = this.options;
    const map = requestMap(run, request, run.metadata.creationTimestamp);
    const known = await createOwned(client, kinds.configMaps, map, run, FIELD_MANAGER);
    if (!known) throw new Error(`the ConfigMap ${map.metadata.name} of an earlier run is about to go`);
    if (!known.created) await client.mergePatch(kinds.configMaps, run.metadata, { data: map.data });
    const inSet = mayBeJobSet(run) && (await client.serves(kinds.jobSets));
    const job = jobOf(run, algorithm, defaults, {
      suspended,
      workload,
      ...(inSet && { name: jobNameInSet(run) }),
    });
    if (run.spec.trainer.ranks > 1) await this.applyRankService(run, job.metadata.name!);
    const found = inSet
      ? await createOwned(client, kinds.jobSets, jobSetOf(run, job), run, FIELD_MANAGER)
      : await createOwned(client, kinds.jobs, job, run, FIELD_MANAGER);
    if (!found || !isCurrent(run, found.object)) return {};
    const { object, created } = found;
    const kind = inSet ? kinds.jobSets.kind : kinds.jobs.kind;
    if (created)
      recorder.record(run, {
        type: 'Normal',
        reason: `${kind}Created`,
        message: `Created the ${kind} ${object.metadata.name} for the stage ${run.spec.stage}`,
        action: 'CreateJob',
      });
    if (!inSet) return { job: object as Job };
    const waits = {
      reason: 'JobMissing',
      message: `The JobSet ${object.metadata.name} has not made its Job yet; if it stays so, its events say why`,
    };
    return run.spec.managedBy === undefined ? { waits } : { job: await this.elsewhere(run) };
  }

  /** Deletes a Job, with its JobSet if it has one, and its pods, which store a checkpoint. */
  async delete(job: Job): Promise<void> {
    if (job.metadata.deletionTimestamp) return;
    const { client } = this.options;
    const { name, namespace, uid } = job.metadata;
    const set = setOf(job);
    try {
      if (set && (await client.delete(kinds.jobSets, set, { preconditions: { uid: set.uid } }))) return;
    } catch (error) {
      // Another set has the name: this Job is left of an earlier one.
      if (!KubeError.is(error, 'Conflict')) throw error;
    }
    await client.delete(kinds.jobs, { name: name!, namespace }, { preconditions: { uid } });
  }

  /** Suspends or starts a Job. @returns the Job as it is when its JobSet, if it has one, has followed */
  async setSuspended(job: Job, suspend: boolean): Promise<Job> {
    const { client } = this.options;
    const patch = { spec: { suspend } };
    const options = { fieldManager: FIELD_MANAGER };
    const { name, namespace } = job.metadata;
    const set = setOf(job);
    if (!set) return client.mergePatch(kinds.jobs, { name: name!, namespace }, patch, options);
    await client.mergePatch(kinds.jobSets, set, patch, options);
    return { ...job, spec: { ...job.spec, suspend } };
  }

  /** The JobSet of a run that another controller executes, and that has no Job in this cluster. */
  private async elsewhere(run: TrainingRun): Promise<Job | undefined> {
    const { client, later } = this.options;
    if (!mayBeJobSet(run) || !(await client.serves(kinds.jobSets))) return undefined;
    const { name, namespace, uid } = run.metadata;
    const found: JobSet | undefined = await client.find(kinds.jobSets, { name, namespace });
    if (!found || found.metadata.deletionTimestamp || controllerOf(found)?.uid !== uid) return undefined;
    if (!isCurrent(run, found)) return undefined;
    later(`${namespace}/${name}`, ELSEWHERE_MS);
    return jobOfElsewhere(found);
  }

  /** A headless Service: the ranks find each other by the names of their pods. */
  private async applyRankService(run: TrainingRun, job: string): Promise<void> {
    const { name, namespace } = run.metadata;
    await applyOwned(
      this.options.client,
      kinds.services,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace, labels: runLabels(run), ownerReferences: [ownerReference(run)] },
        spec: {
          clusterIP: 'None',
          // The first rank is looked up before all of them are ready.
          publishNotReadyAddresses: true,
          selector: { 'batch.kubernetes.io/job-name': job },
        },
      },
      run,
    );
  }
}

const isCurrent = (run: TrainingRun, { metadata }: Job | JobSet): boolean =>
  metadata.labels?.[labels.resumed] === String(run.status?.resumed ?? 0);
