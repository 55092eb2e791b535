import { until } from './until';

interface Pipeline {
  status: string;
  stages: { step: number }[];
}

interface Dataset {
  status: string;
  manifest: { uri: string };
  examples: { train: number; eval: number };
}

/** A client of the gateway's API for specs. */
export class Api {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** The JSON of a response, whatever its status. */
  async get<T = unknown>(path: string): Promise<T> {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : undefined;
    return (await (await fetch(`${this.url}${path}`, { headers })).json()) as T;
  }

  post(path: string, body: object): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /**
   * Waits until a pipeline has done `step` steps of its first stage, or has ended, which the expectations find out.
   * @param number of the pipeline, in the order of submission
   */
  untilStep(step: number, number = 1): Promise<void> {
    return until(async () => {
      // The newest comes first.
      const { items } = await this.get<{ items: Pipeline[] }>('/v1/pipelines');
      const found = items.at(-number);
      return found !== undefined && (found.status !== 'running' || found.stages[0].step >= step);
    }, 20);
  }

  /** Waits until the dataset is ready or has failed. */
  async dataset(id: string): Promise<Dataset> {
    let dataset = {} as Dataset;
    await until(async () => {
      dataset = await this.get<Dataset>(`/v1/datasets/${id}`);
      return dataset.status !== 'requested';
    });
    return dataset;
  }
}
