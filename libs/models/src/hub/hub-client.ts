import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import type { HubFile, HubModel } from './hub-model';

const listingSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().optional(),
      lfs: z.object({ sha256: z.string() }).optional(),
    }),
  ),
});

/** Lists and downloads the files of one model of the hub, or of a mirror that HF_ENDPOINT names. */
export class HubClient {
  private readonly base: string;
  private readonly token?: string;

  constructor(
    private readonly model: HubModel,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.base = (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/*$/, '/');
    this.token = env['HF_TOKEN'] || undefined;
    if (env['HF_HUB_OFFLINE'] === '1') throw this.offline('HF_HUB_OFFLINE=1 is set');
  }

  /** What there is at the revision, and which commit that is. */
  async list(): Promise<{ commit: string; files: HubFile[] }> {
    const { id, revision } = this.model;
    const response = await this.get(`api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`);
    const { success, data } = listingSchema.safeParse(await response.json().catch(() => null));
    if (!success)
      throw new Error(`${id}: ${this.base} answered with something that is no listing of a model`);
    const files = data.siblings.map(({ rfilename, size, lfs }) => ({
      name: rfilename,
      size,
      sha256: lfs?.sha256,
    }));
    return { commit: data.sha, files };
  }

  /** Writes a file to `path`. @throws Error when it is not what the listing says */
  async download(
    commit: string,
    { name, size, sha256 }: HubFile,
    path: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const response = await this.get(`${this.model.id}/resolve/${commit}/${encodeURIComponent(name)}`);
    const hash = createHash('sha256');
    let done = 0;
    const meter = new Transform({
      transform(chunk: Uint8Array, _, next) {
        hash.update(chunk);
        done += chunk.length;
        onProgress(done, size ?? 0);
        next(null, chunk);
      },
    });
    try {
      const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
      await pipeline(body, meter, createWriteStream(path));
    } catch (error) {
      throw new Error(`${name} of ${this.model.id}: the download broke off (${messageOf(error)}); try again`);
    }
    const isDamaged = sha256 !== undefined && hash.digest('hex') !== sha256;
    if (isDamaged || (size !== undefined && size !== done))
      throw new Error(
        `${name} of ${this.model.id} is not what the hub says it is: damaged on the way; try again`,
      );
  }

  private async get(path: string): Promise<Response> {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : undefined;
    const response = await fetch(new URL(path, this.base), { headers }).catch((error) => {
      throw this.offline(messageOf(error));
    });
    if (response.ok) return response;
    const { id, revision } = this.model;
    if (response.status === 401 || response.status === 403)
      throw new Error(
        `${id}: ${this.base} does not give it out (${response.status}): it is not there, private, or asks for consent. ` +
          `Check its name, accept its terms at ${this.page}, and set HF_TOKEN`,
      );
    if (response.status === 404)
      throw new Error(`${id}: ${this.base} has no such model, or no revision "${revision}" of it`);
    throw new Error(`${id}: ${this.base} answered ${response.status}; try again later`);
  }

  private get page(): string {
    return `${this.base}${this.model.id}`;
  }

  private offline(why: string): Error {
    return new Error(
      `${this.model.id}: there is no such path here, and ${this.base} cannot be used from here (${why}). Without a connection: ` +
        `get the files from ${this.page} on a machine that has one and give their folder; or set HF_ENDPOINT to a mirror`,
    );
  }
}

function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}
