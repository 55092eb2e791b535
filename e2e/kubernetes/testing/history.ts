import {
  connectFromEnvironment,
  Informer,
  KubeClient,
  type KubeObject,
  resourceType,
} from '@open-chatgpt/kube';

const types = {
  jobs: resourceType<KubeObject>('batch/v1', 'Job', 'jobs'),
  pods: resourceType<KubeObject>('v1', 'Pod', 'pods'),
  trainingruns: resourceType<KubeObject>('open-chatgpt.io/v1alpha1', 'TrainingRun', 'trainingruns'),
  rlhfpipelines: resourceType<KubeObject>('open-chatgpt.io/v1alpha1', 'RlhfPipeline', 'rlhfpipelines'),
};

/** Every version of every object of a namespace that a watch has shown. */
export class History {
  private readonly informers: Informer<KubeObject>[];
  /** By kind and name: the uids that objects of the name have had. */
  private readonly uids = new Map<string, Set<string>>();

  private constructor(client: KubeClient, namespace: string, onVersion: (object: KubeObject) => void) {
    this.informers = Object.values(types).map((type) => new Informer({ client, type, namespace }));
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
    const history = new History(new KubeClient({ connection }), namespace, onVersion);
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
