/** Stands between the services and the store, and does what a bad network or an overloaded store does. */
import { createServer, request } from 'node:http';

/**
 * @param target of the S3 server, as http://127.0.0.1:40000
 * @returns where it listens, `mood` to change what it does, and what it has done
 */
export async function startFlakyProxy(target, random) {
  const { hostname, port } = new URL(target);
  const mood = { failing: 0, slowMs: 0, breaking: 0 };
  const done = { passed: 0, failed: 0, broken: 0 };
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const pass = () => {
      if (random() < mood.failing) {
        done.failed++;
        incoming.resume();
        incoming.once('end', () => outgoing.writeHead(500).end('<Error><Code>InternalError</Code></Error>'));
        return;
      }
      const breaks = random() < mood.breaking;
      const passed = request({ hostname, port, method, path, headers }, (answer) => {
        if (breaks) {
          done.broken++;
          return outgoing.destroy();
        }
        done.passed++;
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    };
    if (mood.slowMs > 0) setTimeout(pass, random() * mood.slowMs);
    else pass();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    mood,
    done,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
