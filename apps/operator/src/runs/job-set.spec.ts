import { labels } from '@open-chatgpt/resources';
import type { Job, JobSet } from '../kubernetes/types';
import { defaults, run } from '../testing/objects';
import { jobOf } from './job';
import { jobNameInSet, jobOfElsewhere, jobSetOf, mayBeJobSet, setOf } from './job-set';
import { runState } from './run-state';

const ranks = { trainer: { ranks: 2, gpus: 4 } };

// biome-ignore lint/suspicious/noExplicitAny: each case states the fields that it is about
function made(spec: object = {}, kueue: Record<string, string> = {}): any {
  const given = run({ ...ranks, ...spec });
  given.metadata.labels = kueue;
  return jobSetOf(given, jobOf(given, 'sft', defaults, { name: jobNameInSet(given), suspended: true }));
}

describe('the JobSet of a run', () => {
  it('has the name and the owner of the run, and is suspended, managed and queued as a whole', () => {
    const priority = { 'kueue.x-k8s.io/priority-class': 'urgent' };
    const { metadata, spec } = made({ queueName: 'q', managedBy: 'a/b' }, priority);
    expect(metadata).toMatchObject({ name: 'chat-sft', ownerReferences: [{ kind: 'TrainingRun' }] });
    expect(metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'q', ...priority });
    expect(spec).toMatchObject({ suspend: true, managedBy: 'a/b' });
    const [{ template }] = spec.replicatedJobs;
    // Kueue would queue the Job a second time.
    expect(Object.keys(template.metadata.labels).filter((name) => name.includes('kueue'))).toEqual([]);
    expect(template.spec).not.toHaveProperty('suspend');
    expect(template.spec).not.toHaveProperty('managedBy');
  });

  it('has one Job, which decides what a failure means, and which says whose it is', () => {
    const { spec } = made({ backoffLimit: 5 });
    expect(spec.failurePolicy).toEqual({ maxRestarts: 0 });
    expect(spec.replicatedJobs).toHaveLength(1);
    const [{ replicas, template }] = spec.replicatedJobs;
    expect(replicas).toBe(1);
    expect(template.spec).toMatchObject({
      completions: 2,
      parallelism: 2,
      completionMode: 'Indexed',
      backoffLimit: 5,
      podReplacementPolicy: 'Failed',
    });
    expect(template.spec.podFailurePolicy.rules).toHaveLength(3);
    expect(template.metadata.labels).toMatchObject({
      [labels.run]: 'chat-sft',
      [labels.runUid]: run().metadata.uid,
      [labels.resumed]: '0',
    });
  });

  it('names its first pod as the coordinator', () => {
    const { spec } = made();
    const [{ name, template }] = spec.replicatedJobs;
    expect(spec.network).toMatchObject({ subdomain: 'chat-sft', publishNotReadyAddresses: true });
    expect(template.spec.template.spec.containers[0].env).toContainEqual({
      name: 'OPEN_CHATGPT_COORDINATOR',
      value: `chat-sft-${name}-0-0.chat-sft.team.svc`,
    });
  });

  it.each([
    ['one rank', { trainer: { ranks: 1 } }, {}, false],
    ['several ranks', ranks, {}, true],
    ['several ranks that began as a JobSet', ranks, { jobName: 'chat-sft-ranks-0' }, true],
    ['several ranks that began as a Job', ranks, { jobName: 'chat-sft' }, false],
  ])('is for %s: %#', (_, spec, status, expected) => {
    expect(mayBeJobSet(run(spec, status))).toBe(expected);
  });

  it('is not for a name that makes those of its pods too long', () => {
    const named = (length: number) => {
      const { metadata, ...rest } = run(ranks);
      return mayBeJobSet({ ...rest, metadata: { ...metadata, name: 'n'.repeat(length) } });
    };
    // "-ranks-0" of the Job, "-1" of the rank and "-abcde" of the pod.
    expect(named(63 - 8 - 2 - 6)).toBe(true);
    expect(named(63 - 8 - 2 - 5)).toBe(false);
  });

  it('is found through its Job', () => {
    const owner = { apiVersion: 'jobset.x-k8s.io/v1alpha2', name: 'chat-sft', uid: 'set', controller: true };
    const owned = (kind: string) =>
      setOf({ metadata: { name: 'j', namespace: 'team', ownerReferences: [{ ...owner, kind }] } } as Job);
    expect(owned('JobSet')).toEqual({ name: 'chat-sft', namespace: 'team', uid: 'set' });
    expect(owned('TrainingRun')).toBeUndefined();
  });
});

describe('a JobSet that another cluster executes', () => {
  const state = (suspend: boolean, conditions: object[] = []) => {
    const wanted = made();
    const set = { ...wanted, metadata: { ...wanted.metadata, uid: 'set' }, status: { conditions } } as JobSet;
    const given = run({ ...ranks, managedBy: 'a/b' }, { model: { version: 'chat' } });
    const job = jobOfElsewhere({ ...set, spec: { ...set.spec, suspend } });
    return runState({ run: given, runId: 'chat-sft', algorithm: 'sft', job, pods: [], remaining: 0 });
  };

  it.each([
    ['waits while it is suspended', true, [], { phase: 'Pending', reason: 'JobSuspended' }],
    ['has no pods here', false, [], { phase: 'Starting', reason: 'PodsMissing' }],
    ['completes', false, [{ type: 'Completed', status: 'True' }], { phase: 'Complete', reason: 'Complete' }],
    [
      'fails',
      false,
      [{ type: 'Failed', status: 'True', reason: 'FailedJobs', message: 'jobset failed' }],
      { phase: 'Failed', reason: 'AppFailed', message: 'FailedJobs: jobset failed' },
    ],
  ])('%s', (_, suspend, conditions, expected) => {
    expect(state(suspend, conditions)).toMatchObject(expected);
  });

  it('is called as its Job is there, so that the run stays a JobSet', () => {
    const { metadata, ...rest } = made();
    const job = jobOfElsewhere({ ...rest, metadata: { ...metadata, uid: 'set' } });
    expect(job).toMatchObject({ kind: 'Job', metadata: { name: 'chat-sft-ranks-0' } });
    expect(setOf(job)).toEqual({ name: 'chat-sft', namespace: 'team', uid: 'set' });
    expect(mayBeJobSet(run(ranks, { jobName: job.metadata.name }))).toBe(true);
  });
});
