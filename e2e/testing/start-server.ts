import { type Finished, start } from './openchat';

export interface RunningServer {
  url: string;
  /** Interrupts it, and waits for its end. */
  stop(): Promise<Finished>;
}

/** Starts `openchat serve` on a free port. @throws Error with its output when it does not start */
export async function startServer(
  options: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<RunningServer> {
  const { child, wait } = start(['serve', '--port', '0', ...options], { cwd, env });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout!.on('data', (data) => {
      printed += data;
      const found = /Serving .+ at (http:\/\/127\.0\.0\.1:\d+)\/v1\. Try it:/.exec(printed);
      if (found) resolve(found[1]);
    });
    wait.then(({ stderr }) => reject(new Error(stderr)));
  });
  return {
    url,
    stop() {
      child.kill('SIGINT');
      return wait;
    },
  };
}
