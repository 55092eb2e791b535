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

/** The API of a gateway, as specs ask it. */
export class Api {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** The JSON of any answer. */
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
   * Waits until a pipeline has done so many steps of its first stage, or has ended: the expectations tell how.
   * @param number of the pipeline, in the order in which they were submitted
   */
  untilStep(step: number, number = 1): Promise<void> {
    return until(async () => {
      // Newest first.
      const { items } = await this.get<{ items: Pipeline[] }>('/v1/pipelines');
      const found = items.at(-number);
      return found !== undefined && (found.status !== 'running' || found.stages[0].step >= step);
    }, 20);
  }

  /** The dataset once it is ready, or has failed. */
  async dataset(id: string): Promise<Dataset> {
    let dataset = {} as Dataset;
    await until(async () => {
      dataset = await this.get<Dataset>(`/v1/datasets/${id}`);
      return dataset.status !== 'requested';
    });
    return dataset;
  }
}
