import {
  connectFromEnvironment,
  Informer,
  KubeClient,
  type KubeObject,
  type ResourceType,
  resourceType,
} from '@open-chatgpt/kube';

const types = {
  jobs: resourceType<KubeObject>('batch/v1', 'Job', 'jobs'),
  pods: resourceType<KubeObject>('v1', 'Pod', 'pods'),
  trainingruns: resourceType<KubeObject>('open-chatgpt.io/v1alpha1', 'TrainingRun', 'trainingruns'),
  rlhfpipelines: resourceType<KubeObject>('open-chatgpt.io/v1alpha1', 'RlhfPipeline', 'rlhfpipelines'),
};

const jobSets = resourceType<KubeObject>('jobset.x-k8s.io/v1alpha2', 'JobSet', 'jobsets');

/** Every version of every object of a namespace that a watch has shown. */
export class History {
  private readonly informers: Informer<KubeObject>[];
  /** By kind and name: the uids that objects of the name have had. */
  private readonly uids = new Map<string, Set<string>>();

  private constructor(
    client: KubeClient,
    namespace: string,
    all: ResourceType[],
    onVersion: (object: KubeObject) => void,
  ) {
    this.informers = all.map((type) => new Informer({ client, type, namespace }));
    for (const informer of this.informers) {
      informer.onChange(({ object }) => {
        const id = `${object.kind} ${object.metadata.name}`;
        this.uids.set(id, (this.uids.get(id) ?? new Set()).add(object.metadata.uid!));
        onVersion(object);
      });
      informer.start();
    }
  }

  static async of(
    kubeconfig: string,
    namespace: string,
    onVersion: (object: KubeObject) => void = () => undefined,
  ): Promise<History> {
    const connection = await connectFromEnvironment({ kubeconfig });
    const client = new KubeClient({ connection });
    const all = [...Object.values(types), ...((await client.serves(jobSets)) ? [jobSets] : [])];
    const history = new History(client, namespace, all, onVersion);
    await Promise.all(history.informers.map((informer) => informer.synced()));
    return history;
  }

  /** Names of a kind with the number of objects that have had them. */
  numberOf(kind: string): Record<string, number> {
    return Object.fromEntries(
      [...this.uids]
        .filter(([id]) => id.startsWith(`${kind} `))
        .map(([id, uids]) => [id.slice(kind.length + 1), uids.size]),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.informers.map((informer) => informer.stop()));
  }
}
