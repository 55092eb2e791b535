import { type Cluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { conditionOf, type Resource } from './operator';

/** What specs do with the TrainingRuns of one namespace. @param where called on each use, because a hook makes both */
export function trainingRunsOf(where: () => { cluster: Cluster; namespace: string }) {
  const kubectl = (args: readonly string[]) => {
    const { cluster, namespace } = where();
    return cluster.kubectl(args, { namespace });
  };
  const json = <T>(args: readonly string[]): Promise<T> => {
    const { cluster, namespace } = where();
    return cluster.json<T>(args, { namespace });
  };

  const get = (name: string, kind = 'trun') => json<Resource>(['get', kind, name]);
  const patch = (name: string, spec: object) =>
    kubectl(['patch', 'trun', name, '--type=merge', '--patch', JSON.stringify({ spec })]);
  /** Waits for a condition of the run to be true. */
  const wait = (name: string, condition: string) =>
    kubectl(['wait', `--for=condition=${condition}`, `trun/${name}`, TIMEOUT]);
  /** Waits for a reason of `Ready`. @returns the condition */
  const ready = (name: string, reason: string, message = /^/) =>
    where().cluster.until(`${name} says ${reason}: ${message}`, async () => {
      const condition = conditionOf(await get(name), 'Ready');
      return condition?.reason === reason && message.test(condition.message) ? condition : undefined;
    });
  const childrenOf = async (name: string, kinds: string): Promise<Resource[]> =>
    (await json<{ items: Resource[] }>(['get', kinds, '-l', `open-chatgpt.io/run=${name}`])).items;
  const podsOf = (name: string) => childrenOf(name, 'pods');
  /** Lets a simulated pod end. */
  const end = ({ metadata }: Resource, exitCode = 0) => {
    const { cluster, namespace } = where();
    return cluster.annotate(namespace, metadata.name, { seconds: 0, 'exit-code': exitCode });
  };
  /** Lets all pods of a run end well, and waits until it is complete. */
  const finish = async (name: string) => {
    for (const pod of await podsOf(name)) await end(pod);
    await wait(name, 'Complete');
  };
  return { get, patch, wait, ready, childrenOf, podsOf, end, finish };
}
