/** A proxy between the services and the store that fails as a bad network or an overloaded store does. */
import { createServer, request } from 'node:http';

/**
 * @param target URL of the S3 server, as http://127.0.0.1:40000
 * @param random returns numbers in [0, 1)
 * @returns its URL; `faults`, the rates to set; `counts` of the requests that passed, failed and broke
 */
export async function startFlakyProxy(target, random) {
  const { hostname, port } = new URL(target);
  const faults = { failing: 0, slowMs: 0, breaking: 0 };
  const counts = { passed: 0, failed: 0, broken: 0 };
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const pass = () => {
      if (random() < faults.failing) {
        counts.failed++;
        incoming.resume();
        incoming.once('end', () => outgoing.writeHead(500).end('<Error><Code>InternalError</Code></Error>'));
        return;
      }
      const breaks = random() < faults.breaking;
      const passed = request({ hostname, port, method, path, headers }, (answer) => {
        if (breaks) {
          counts.broken++;
          return outgoing.destroy();
        }
        counts.passed++;
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    };
    if (faults.slowMs > 0) setTimeout(pass, random() * faults.slowMs);
    else pass();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    faults,
    counts,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
