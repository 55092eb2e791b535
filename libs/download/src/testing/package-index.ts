import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Python package index on this machine, for specs. It answers ranges. */
export interface PackageIndex {
  url: string;
  /** By file name. */
  files: Record<string, Buffer>;
  /** The requests for files, as `<name> from <first byte>`. */
  requests: string[];
  /** Breaks off each response of a file after this many bytes, as soon as `when` is true of the first byte of the response. */
  breaks: { after: number; when: (start: number) => boolean } | null;
  close(): Promise<void>;
}

export async function startPackageIndex(): Promise<PackageIndex> {
  const server = createServer(({ url = '', headers }, response) => {
    const [, folder, name] = url.split('/');
    if (folder === 'simple') {
      const listed = Object.entries(index.files).map(([filename, { length }]) => ({
        filename,
        url: `../../files/${filename}`,
        size: length,
      }));
      return response.end(JSON.stringify({ files: listed }));
    }
    const bytes = index.files[name];
    if (!bytes) return response.writeHead(404).end();
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    index.requests.push(`${name} from ${start}`);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': bytes.length - start,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    const { breaks } = index;
    if (!breaks || bytes.length - start <= breaks.after) return response.end(bytes.subarray(start));
    response.write(bytes.subarray(start, start + breaks.after));
    const timer = setInterval(() => {
      if (breaks.when(start)) response.destroy();
    }, 5);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const index: PackageIndex = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    files: {},
    requests: [],
    breaks: null,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return index;
}
