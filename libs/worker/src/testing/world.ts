import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import type { WorkerRecord } from '../claimed-run';
import type { OutgoingEvent } from '../outgoing-events';
import { Machine } from './machine';
import { tinyRequest } from './tiny-request';

/** An empty store and machines that share it. */
export class World {
  readonly root = mkdtempSync(join(tmpdir(), 'stage-worker-'));
  readonly storeFolder = join(this.root, 'store');
  readonly store = openObjectStore(this.storeFolder);
  readonly request = tinyRequest(this.root);

  newMachine(name: string, algorithm?: AlgorithmName): Machine {
    return this.machineWith(this.store, name, algorithm);
  }

  machineWith(store: ObjectStore, name: string, algorithm?: AlgorithmName): Machine {
    return new Machine(join(this.root, name), store, name, algorithm);
  }

  /** A machine whose run is stopped after a step, with a checkpoint, as when its pod is moved. */
  async stoppedAt(name: string, step: number, request = this.request): Promise<Machine> {
    const machine = this.newMachine(name, request.algorithm);
    const stop = new AbortController();
    machine.onPublish = (event) => {
      if (isTraining(event, step)) stop.abort();
    };
    await machine.execute(request, stop.signal).then(
      () => Promise.reject(new Error('the run was not stopped')),
      () => undefined,
    );
    return machine;
  }

  /** The store, with some methods done otherwise. */
  storeWith(methods: Partial<ObjectStore>): ObjectStore {
    return Object.assign(Object.create(this.store), methods);
  }

  async record(): Promise<WorkerRecord> {
    const text = await buffer(await this.store.get(`runs/${this.request.runId}/record.json`));
    return JSON.parse(text.toString());
  }

  /** Steps whose checkpoints can be seen in the store. */
  async stepsInStore(): Promise<number[]> {
    const steps = [];
    for await (const { key } of this.store.list(`runs/${this.request.runId}/checkpoints/`))
      if (/[0-9a-f]{32}\/manifest\.json$/.test(key)) steps.push(Number(/step-(\d+)/.exec(key)?.[1]));
    return steps;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function isTraining({ type, data }: OutgoingEvent, step: number): boolean {
  return type === 'run.progressed' && data.phase === 'training' && data.step === step;
}

/** The model of a run that nothing happened to: its version is a hash of its files. */
export async function undisturbedModel(): Promise<string> {
  const world = new World();
  try {
    const machine = world.newMachine('undisturbed');
    await machine.execute(world.request);
    return machine.only('model.published').manifest.version;
  } finally {
    world.remove();
  }
}
