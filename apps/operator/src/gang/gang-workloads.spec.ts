import { type KubeClient, KubeError } from '@open-chatgpt/kube';
import type { Workload } from '../kubernetes/types';
import { job, run } from '../testing/objects';
import { GangWorkloads } from './gang-workloads';

/** A server with one Workload at most; `calls` are the requests that change something. */
function server({ serves = true, has }: { serves?: boolean; has?: Workload } = {}) {
  const calls: string[] = [];
  let stored = has;
  const client = {
    serves: async () => serves,
    create: async (_: unknown, object: Workload) => {
      if (stored) throw new KubeError({ status: 409, reason: 'AlreadyExists', message: 'there' });
      stored = { ...object, metadata: { ...object.metadata, uid: `${calls.length}` } };
      calls.push(`create ${object.spec.podGroups[0].policy.gang?.minCount}`);
      return stored;
    },
    find: async () => stored,
    delete: async (_: unknown, __: unknown, { preconditions }: { preconditions: { uid: string } }) => {
      expect(preconditions.uid).toBe(stored?.metadata.uid);
      calls.push('delete');
      stored = undefined;
    },
  } as unknown as KubeClient;
  return { workloads: new GangWorkloads(client), calls };
}

const pair = run({ trainer: { ranks: 2, gpus: 8 } });

describe('the Workload of a run', () => {
  it('is what its pods refer to', async () => {
    expect(await server().workloads.referenceOf(pair)).toEqual({ name: 'chat-sft', podGroup: 'ranks' });
  });

  it.each([
    ['a server without Workloads', server({ serves: false }), pair, job()],
    ['a run of one rank', server(), run(), job()],
    ['a Job that has completed', server(), pair, job({ succeeded: 2 })],
  ])('is not made for %s', async (_, { workloads, calls }, given, of) => {
    await workloads.ensure(given, of);
    expect(calls).toEqual([]);
  });

  it('is made once, and replaced when a rank has completed', async () => {
    const { workloads, calls } = server();
    await workloads.ensure(pair, job());
    await workloads.ensure(pair, job());
    expect(calls).toEqual(['create 2']);
    await workloads.ensure(pair, job({ succeeded: 1 }));
    await workloads.ensure(pair, job({ succeeded: 1 }));
    expect(calls).toEqual(['create 2', 'delete', 'create 1']);
  });

  it('is never that of another owner', async () => {
    const has = { metadata: { name: 'chat-sft', uid: 'x' }, spec: { podGroups: [] } } as unknown as Workload;
    const { workloads, calls } = server({ has });
    await expect(workloads.ensure(pair, job())).rejects.toThrow(
      'the Workload chat-sft belongs to somebody else',
    );
    expect(calls).toEqual([]);
  });
});
