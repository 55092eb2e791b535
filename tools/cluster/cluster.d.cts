export interface ClusterOptions {
  /** Folder of certificates, kubeconfigs, data and logs. By default a temporary one, which `stop` removes. */
  folder?: string;
  /** Of the API server, one of this network namespace; 127.0.0.1 by default. */
  address?: string;
  /**
   * Real nodes, called node-1, node-2, …, which run pods with containerd; 0 by default. The API server then serves at an
   * address that pods reach. One cluster at a time has real nodes in a network namespace; the next one waits.
   */
  nodes?: number;
  /** Controllers beside it; none by default. While Kueue is stopped, no Job can be created. */
  addons?: readonly ('kueue' | 'jobset')[];
  /** Further flags by process: etcd, apiserver, controller-manager, scheduler. */
  flags?: Readonly<Record<string, readonly string[]>>;
  /** A node without heartbeats is NotReady after so many seconds; 10 by default. */
  nodeGraceSeconds?: number;
  /** Pods of a node that is NotReady are deleted after so many seconds; 5 by default. */
  evictionSeconds?: number;
}

export interface GpuNodesOptions {
  /** 2 by default. */
  count?: number;
  /** The nodes are called PREFIX-1, PREFIX-2, …; "gpu" by default. Nodes are cluster-wide: use one for each spec. */
  prefix?: string;
  /** GPUs of each node, 8 by default; 0 for nodes without any. */
  gpus?: number;
  /** nvidia.com/gpu by default. */
  resource?: string;
  /** Value of the label nvidia.com/gpu.product. */
  product?: string;
  /** More labels. */
  labels?: Readonly<Record<string, string>>;
  /** By default GPU nodes repel pods that do not tolerate a taint with the key `resource`. */
  taints?: readonly { key: string; value?: string; effect: string }[];
  /** 96 by default. */
  cpus?: number;
  /** 1024Gi by default. */
  memory?: string;
}

export interface ClientOptions {
  namespace?: string;
  /** Text for the standard input. */
  input?: string;
  /** Another identity than the administrator's: see `kubeconfigOf`. */
  kubeconfig?: string;
  env?: Readonly<Record<string, string>>;
}

export type ProcessName =
  | 'etcd'
  | 'apiserver'
  | 'controller-manager'
  | 'scheduler'
  | 'kwok'
  | 'kueue'
  | 'jobset'
  | 'dns'
  | 'kube-proxy'
  | `kubelet-${number}`
  | `containerd-${number}`;

export interface Cluster {
  readonly folder: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** URL of the API server. */
  readonly server: string;
  /** Path of the certificate that has signed the API server's. */
  readonly caFile: string;
  /** The administrator's bearer token. */
  readonly token: string;

  /** Runs kubectl. @returns its standard output; throws with its errors when it fails */
  kubectl(args: readonly string[], options?: ClientOptions): Promise<string>;
  /** The same for helm. */
  helm(args: readonly string[], options?: ClientOptions): Promise<string>;
  /** kubectl with `--output json`, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on the command; a spec states the one that it expects
  json<T = any>(args: readonly string[], options?: ClientOptions): Promise<T>;
  /** Applies YAML, or objects, server-side. */
  apply(
    manifests: string | object | readonly object[],
    options?: ClientOptions & { flags?: readonly string[] },
  ): Promise<string>;
  /** Resolves with the first true value of `probe`, which may throw meanwhile. @param seconds 180 by default */
  until<T>(what: string, probe: () => Promise<T> | T, seconds?: number): Promise<NonNullable<T>>;

  /**
   * Waits as `kubectl wait --for CONDITION` does, also for a resource that does not exist yet.
   * @param options.seconds 180 by default
   */
  wait(
    condition: string,
    resources: string | readonly string[],
    options?: ClientOptions & { seconds?: number },
  ): Promise<void>;

  /** A new namespace with a unique name, in which pods can be created. @returns its name */
  createNamespace(prefix?: string, labels?: Readonly<Record<string, string>>): Promise<string>;
  /** Writes a kubeconfig with a token of a service account. @returns its path */
  kubeconfigOf(namespace: string, serviceAccount: string): Promise<string>;

  /** Adds simulated nodes and waits until they are Ready. @returns their names */
  addGpuNodes(options?: GpuNodesOptions): Promise<string[]>;
  removeNodes(names: readonly string[]): Promise<void>;
  /** The heartbeats of a simulated node end: it is NotReady after `nodeGraceSeconds`. Its pods stay as they are. */
  loseNode(name: string): Promise<void>;
  /** Heartbeats go on. */
  reviveNode(name: string): Promise<void>;
  /** Sets annotations `sim/NAME` of a pod on a simulated node: simulation.cjs lists what they do. */
  annotate(
    namespace: string,
    pod: string,
    annotations: Readonly<Record<string, string | number | boolean>>,
  ): Promise<void>;

  /** Imports an archive in Docker's or OCI's format into every real node; pods name it with imagePullPolicy Never. */
  importImage(archive: string): Promise<void>;

  /** SIGKILL. */
  kill(name: ProcessName): Promise<void>;
  /** Starts it again after `kill`, with the same data and flags; resolves when the API server is ready. */
  start(name: ProcessName): Promise<void>;
  /** Compacts etcd's history up to now: no watch can go on from an earlier resource version. */
  forgetVersions(): Promise<void>;
  /** Path of its log. */
  log(name: ProcessName): string;
  /** Ends all processes, and removes the folder if it is a temporary one. */
  stop(): Promise<void>;
}

/**
 * Starts etcd, the API server, the controller manager, the scheduler and kwok, and resolves when all are ready (4 s).
 * @throws Error in a network namespace with a default route: use `node tools/cluster/run.mjs`
 */
export function startCluster(options?: ClusterOptions): Promise<Cluster>;

/** The cluster that this run of the tests shares; each spec makes its own namespaces and nodes in it. */
export function sharedCluster(): Cluster;

/** The reason why no control plane can be started on this machine, or null. Nothing is built. */
export function missingCluster(components?: readonly string[]): string | null;

/** For kubectl and helm: how long to wait, longer than anything takes on a loaded machine. */
export const TIMEOUT: string;

/** Name of the variable with the folder of the shared cluster. */
export const SHARED: string;

/** The reason why no real node can be started on this machine, or null. */
export function missingNode(): string | null;
