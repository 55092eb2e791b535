/**
 * Simulated GPU nodes: what kwok does with them and with the pods on them. Images are not pulled, nothing runs, probes and
 * limits are ignored. A test describes the fate of a pod by annotations, which may change while it runs:
 *
 * - sim/seconds: a Job's pod ends so many seconds after it has started (1 by default); "never": it runs on
 * - sim/exit-code: with this exit code (0 by default)
 * - sim/termination-message: and this message, as if its containers had written it to their termination log
 * - sim/stop-seconds: when a Job's pod is deleted, its containers end after so many seconds (0 by default)
 * - sim/stop-exit-code: with this exit code (143 by default, the one of SIGTERM)
 * - sim/stop-message: and this message
 * - sim/waiting: the pod does not start; this is the reason of its waiting containers, such as ImagePullBackOff
 * - sim/waiting-message: with this message
 * - sim/ready: "false" is a pod that runs and is not ready
 */
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { programPath } = require('./components.cjs');

/** kwok manages the nodes that have this annotation with this value. */
const MANAGED = ['kwok.x-k8s.io/node', 'fake'];

/** Pods of simulated nodes get addresses of this range; nothing answers there. */
const POD_RANGE = '10.200.0.1/16';

const annotation = (name) => `.metadata.annotations["sim/${name}"]`;
const exists = (key) => ({ key, operator: 'Exists' });
const absent = (key) => ({ key, operator: 'DoesNotExist' });
const isIn = (key, ...values) => ({ key, operator: 'In', values });
const notIn = (key, ...values) => ({ key, operator: 'NotIn', values });

const NOT_DELETED = absent('.metadata.deletionTimestamp');
const DELETED = exists('.metadata.deletionTimestamp');
const PHASE = '.status.phase';
const OWNER = '.metadata.ownerReferences.[].kind';
const READY = '.status.conditions.[] | select( .type == "Ready" ) | .status';

const NODE_STATUS = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
addresses:
- {type: InternalIP, address: {{ NodeIP | Quote }}}
- {type: Hostname, address: {{ .metadata.name | Quote }}}
phase: Running
`;

const WAITING_STATUS = `
{{ $now := Now }}
{{ $annotations := .metadata.annotations }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    waiting:
      reason: {{ index $annotations "sim/waiting" | Quote }}
      message: {{ or ( index $annotations "sim/waiting-message" ) "" | Quote }}
{{ end }}
phase: Pending
startTime: {{ $now | Quote }}
`;

const RUNNING_STATUS = `
{{ $now := Now }}
{{ $ready := true }}
{{ with .metadata.annotations }}{{ $ready = ne ( or ( index . "sim/ready" ) "true" ) "false" }}{{ end }}
{{ $condition := "False" }}
{{ if $ready }}{{ $condition = "True" }}{{ end }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: {{ $condition | Quote }}, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: {{ $condition | Quote }}, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: {{ $ready }}
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
{{ $sidecar := eq ( or .restartPolicy "" ) "Always" }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: {{ $sidecar }}
  restartCount: 0
  state:
    {{ if $sidecar }}
    running: {startedAt: {{ $now | Quote }}}
    {{ else }}
    terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}
    {{ end }}
{{ end }}
{{ with NodeIPWith .spec.nodeName }}
hostIP: {{ . | Quote }}
{{ end }}
{{ if not .status.podIP }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
{{ end }}
phase: Running
startTime: {{ $now | Quote }}
`;

const ENDED_STATUS = `
{{ $now := Now }}
{{ $root := . }}
{{ $code := "0" }}
{{ $message := "" }}
{{ if .metadata.deletionTimestamp }}
{{ $code = "143" }}
{{ with .metadata.annotations }}
{{ $code = or ( index . "sim/stop-exit-code" ) "143" }}
{{ $message = or ( index . "sim/stop-message" ) "" }}
{{ end }}
{{ else }}
{{ with .metadata.annotations }}
{{ $code = or ( index . "sim/exit-code" ) "0" }}
{{ $message = or ( index . "sim/termination-message" ) "" }}
{{ end }}
{{ end }}
{{ $reason := "Error" }}
{{ $phase := "Failed" }}
{{ if eq $code "0" }}{{ $reason = "Completed" }}{{ $phase = "Succeeded" }}{{ end }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: PodCompleted, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: PodCompleted, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range $index, $item := .spec.containers }}
{{ $origin := index $root.status.containerStatuses $index }}
- name: {{ $item.name | Quote }}
  image: {{ $item.image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    terminated:
      exitCode: {{ $code }}
      reason: {{ $reason | Quote }}
      message: {{ $message | Quote }}
      startedAt: {{ $origin.state.running.startedAt | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
phase: {{ $phase }}
`;

/** A delay of as many seconds as the annotation says. */
function delay(name, defaultSeconds) {
  return {
    durationMilliseconds: defaultSeconds * 1000,
    durationFrom: { expressionFrom: `${annotation(name)} | select(. != null) | . + "s"` },
  };
}

function stage(name, kind, conditions, next, delay) {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions: conditions }, delay, next },
  };
}

/** `job-pod-stop` comes before `job-pod-delete`, as with a kubelet: containers end, then the pod is removed. */
function stages() {
  const pod = (name, conditions, next, delay) => stage(name, 'Pod', conditions, next, delay);
  const starting = [NOT_DELETED, isIn(PHASE, 'Pending')];
  const running = [NOT_DELETED, isIn(PHASE, 'Running')];
  const ofJob = isIn(OWNER, 'Job');
  return [
    stage('node-initialize', 'Node', [notIn(READY, 'True')], { statusTemplate: NODE_STATUS }),
    pod(
      'pod-waiting',
      [
        ...starting,
        exists(annotation('waiting')),
        absent('.status.containerStatuses.[].state.waiting.reason'),
      ],
      { statusTemplate: WAITING_STATUS },
    ),
    pod('pod-run', [...starting, absent(annotation('waiting'))], { statusTemplate: RUNNING_STATUS }),
    pod('pod-become-ready', [...running, notIn(annotation('ready'), 'false'), isIn(READY, 'False')], {
      statusTemplate: RUNNING_STATUS,
    }),
    pod('pod-become-unready', [...running, isIn(annotation('ready'), 'false'), isIn(READY, 'True')], {
      statusTemplate: RUNNING_STATUS,
    }),
    pod(
      'job-pod-end',
      [...running, ofJob, notIn(annotation('seconds'), 'never')],
      { statusTemplate: ENDED_STATUS },
      delay('seconds', 1),
    ),
    pod(
      'job-pod-stop',
      [DELETED, isIn(PHASE, 'Running'), ofJob],
      { statusTemplate: ENDED_STATUS },
      delay('stop-seconds', 0),
    ),
    pod('job-pod-delete', [DELETED, notIn(PHASE, 'Running'), ofJob], { delete: true }),
    pod('pod-delete', [DELETED, notIn(OWNER, 'Job')], { delete: true }),
  ];
}

/**
 * Starts kwok for the nodes that `gpuNodes` describes. It renews their leases every quarter of `leaseSeconds`.
 */
function startSimulation(processes, leaseSeconds) {
  const config = join(processes.folder, 'kwok.yaml');
  writeFileSync(
    config,
    stages()
      .map((stage) => JSON.stringify(stage))
      .join('\n---\n'),
  );
  processes.run('kwok', programPath('kwok'), [
    ...['--kubeconfig', join(processes.folder, 'admin.kubeconfig'), '--config', config],
    ...['--manage-all-nodes=false', '--manage-nodes-with-annotation-selector', MANAGED.join('=')],
    // Loopback, so that nothing that asks a simulated kubelet leaves the namespace.
    ...['--node-ip', '127.0.0.1', '--cidr', POD_RANGE],
    ...['--node-lease-duration-seconds', String(leaseSeconds)],
  ]);
}

/** Objects of simulated nodes; `cluster.d.cts` documents the options. */
function gpuNodes(options = {}) {
  const { count = 2, prefix = 'gpu', gpus = 8, resource = 'nvidia.com/gpu' } = options;
  const { product = 'NVIDIA-H100-80GB-HBM3', labels = {}, cpus = 96, memory = '1024Gi' } = options;
  const taints = options.taints ?? [{ key: resource, value: 'present', effect: 'NoSchedule' }];
  const resources = {
    cpu: String(cpus),
    memory,
    'ephemeral-storage': '2Ti',
    pods: '110',
    ...(gpus > 0 ? { [resource]: String(gpus) } : {}),
  };
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${index + 1}`;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        annotations: { [MANAGED[0]]: MANAGED[1] },
        labels: {
          type: 'simulated',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          ...(gpus > 0 ? { 'nvidia.com/gpu.product': product } : {}),
          ...labels,
        },
      },
      spec: { taints: gpus > 0 || options.taints ? taints : [] },
      status: { allocatable: resources, capacity: resources },
    };
  });
}

module.exports = { gpuNodes, startSimulation };
