import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '..', '..');

/** @returns why images can be neither built nor run on this machine, or null */
export function missingContainers(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root, to mount the layers of an image';
  const missing = ['buildah', 'runc'].filter((name) => spawnSync(name, ['--version']).error);
  if (missing.length > 0) return `${missing.join(' and ')} are missing`;
  return readFileSync('/proc/filesystems', 'utf8').includes('overlay') ? null : 'the kernel has no overlay';
}

/** What an image says of how to start it. */
export interface ImageConfig {
  User: string;
  Entrypoint: string[];
  Cmd?: string[];
  Env: string[];
  WorkingDir: string;
  StopSignal: string;
  Labels: Record<string, string>;
}

export interface BuiltImage {
  reference: string;
  digest: string;
  layers: string[];
  bytes: number;
}

/** The images that `npm run images` builds, read from their archive as a node does. */
export class Images {
  readonly built: Record<string, BuiltImage>;
  readonly folder: string;
  private readonly unpacked = mkdtempSync(join(tmpdir(), 'images-'));
  private readonly mounted: string[] = [];
  private containers = 0;

  private constructor(built: string) {
    this.folder = built;
    this.built = JSON.parse(readFileSync(join(built, 'images.json'), 'utf8'));
    execFileSync('tar', ['-xf', join(built, 'images.tar'), '-C', this.unpacked]);
  }

  /**
   * Builds what is not built yet, which takes minutes.
   * @param args of `npm run images`, by default none: all images, for the CPU
   */
  static build(...args: string[]): Images {
    const printed = execFileSync(process.execPath, [join(root, 'tools/images/build.mjs'), ...args], {
      encoding: 'utf8',
    });
    return new Images(printed.trim().split('\n').at(-1)!);
  }

  config(name: string): ImageConfig {
    const { config } = this.blob(this.built[name].digest);
    return this.blob(config.digest).config;
  }

  /** @returns the root file system of an image, mounted read-only */
  mount(name: string): string {
    const target = join(this.unpacked, 'roots', name);
    if (existsSync(target)) return target;
    mkdirSync(target, { recursive: true });
    // Two equal layers, such as two without files, are one: overlayfs takes no folder twice.
    const digests = [...new Set(this.built[name].layers.toReversed())];
    const layers = digests.map((digest) => this.unpackLayer(digest));
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', `ro,lowerdir=${layers.join(':')}`, target]);
    this.mounted.push(target);
    return target;
  }

  /**
   * Starts a container as Kubernetes does with the security profile "restricted": the user and the entry point of the
   * image, no capability, a read-only root, and nothing to write to but /tmp and /work.
   * @param work the folder that is /work
   * @param entrypoint another program than that of the image
   */
  start(
    name: string,
    work: string,
    args: string[],
    env: Record<string, string> = {},
    entrypoint = this.config(name).Entrypoint,
  ): Container {
    mkdirSync(work, { recursive: true });
    chownSync(work, 1000, 1000);
    const id = `open-chatgpt-${process.pid}-${this.containers++}`;
    const bundle = join(this.unpacked, id);
    mkdirSync(bundle);
    const spec = runtimeSpec(this.config(name), {
      rootfs: this.mount(name),
      work,
      args: [...entrypoint, ...args],
      env,
    });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    const state = join(this.unpacked, 'runc');
    return new Container(
      spawn('runc', ['--root', state, 'run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  close(): void {
    for (const target of this.mounted) execFileSync('umount', [target]);
    rmSync(this.unpacked, { recursive: true, force: true });
  }

  private unpackLayer(digest: string): string {
    const target = join(this.unpacked, 'layers', digest.slice('sha256:'.length, 20));
    if (existsSync(target)) return target;
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xf', this.path(digest), '-C', target]);
    return target;
  }

  private blob(digest: string) {
    return JSON.parse(readFileSync(this.path(digest), 'utf8'));
  }

  private path(digest: string): string {
    return join(this.unpacked, 'blobs', ...digest.split(':'));
  }
}

/** A process in a container. */
export class Container {
  readonly ended: Promise<{ code: number | null; output: string }>;
  private readonly lines: string[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(private readonly child: ChildProcess) {
    const read = [child.stdout!, child.stderr!].map((stream) => {
      const reader = createInterface({ input: stream });
      reader.on('line', (line) => {
        this.lines.push(line);
        for (const listener of this.listeners) listener();
      });
      return new Promise((resolve) => reader.once('close', resolve));
    });
    this.ended = new Promise((resolve) => {
      child.once('exit', (code) =>
        Promise.all(read).then(() => resolve({ code, output: this.lines.join('\n') })),
      );
    });
  }

  /** Resolves with the first line that contains a text; rejects when the process has ended before. */
  logged(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = this.lines.find((line) => line.includes(text));
        if (found !== undefined) resolve(found);
      };
      this.listeners.add(check);
      check();
      this.ended.then(({ code, output }) =>
        reject(new Error(`the container ended with ${code}, without "${text}":\n${output}`)),
      );
    });
  }

  /** runc passes the signal on to the process with the id 1 in the container. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** https://github.com/opencontainers/runtime-spec/blob/main/config.md */
function runtimeSpec(
  image: ImageConfig,
  given: { rootfs: string; work: string; args: string[]; env: Record<string, string> },
) {
  const [uid, gid] = image.User.split(':').map(Number);
  const options = ['nosuid', 'nodev'];
  const noCapability = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid, gid },
      args: given.args,
      env: [...image.Env, ...Object.entries(given.env).map(([name, value]) => `${name}=${value}`)],
      cwd: image.WorkingDir,
      capabilities: noCapability,
      noNewPrivileges: true,
    },
    root: { path: given.rootfs, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...options, 'mode=1777'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [...options, 'mode=1777'] },
      { destination: '/work', type: 'bind', source: given.work, options: [...options, 'rbind', 'rw'] },
    ],
    // The network is that of the machine, so that a spec reaches the service on the loopback address.
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
  };
}
