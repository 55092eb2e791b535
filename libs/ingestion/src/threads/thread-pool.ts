import { type Transferable as Passed, Worker } from 'node:worker_threads';

/** What a thread is sent, and what it answers. */
export interface Question<Task> {
  id: number;
  task: Task;
}
export type Answer<Result> = { id: number } & ({ result: Result } | { error: Error });

interface Asked<Result> {
  resolve(result: Result): void;
  reject(error: Error): void;
}

interface Thread<Result> {
  worker: Worker;
  asked: Map<number, Asked<Result>>;
}

/** V8 collects late where it sees much memory; tasks are small, and what they leave lives shortly. */
const resourceLimits = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 512 };

/** Threads that run one program on tasks. A thread is started when a task comes and all others have one. */
export class ThreadPool<Task, Result> {
  private readonly threads: Thread<Result>[] = [];
  private lastId = 0;

  constructor(
    /** The compiled program, which answers each `Question` with an `Answer`. */
    private readonly program: string,
    private readonly settings: unknown,
    private readonly most: number,
  ) {}

  /** The task's result, from the thread that has the least to do. Rejects with the task's error, or when its thread ends. */
  run(task: Task, passed: Passed[] = []): Promise<Result> {
    const { worker, asked } = this.choose();
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      asked.set(id, { resolve, reject });
      worker.postMessage({ id, task } satisfies Question<Task>, passed);
    });
  }

  /** Ends the threads; what is not done is rejected. */
  async close(): Promise<void> {
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  private choose(): Thread<Result> {
    const [first, ...others] = this.threads;
    const least = others.reduce((a, b) => (b.asked.size < a.asked.size ? b : a), first);
    if (least?.asked.size === 0 || this.threads.length === this.most) return least;
    return this.start();
  }

  private start(): Thread<Result> {
    const worker = new Worker(this.program, { workerData: this.settings, resourceLimits });
    const asked = new Map<number, Asked<Result>>();
    const fail = (error: Error) => {
      for (const { reject } of asked.values()) reject(error);
      asked.clear();
    };
    worker.on('message', (answer: Answer<Result>) => {
      const waiting = asked.get(answer.id);
      asked.delete(answer.id);
      if ('result' in answer) waiting?.resolve(answer.result);
      else waiting?.reject(answer.error);
    });
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`ingest: a working thread ended with code ${code}.`)));
    const thread = { worker, asked };
    this.threads.push(thread);
    return thread;
  }
}
