/** Starts and stops a real S3 server for tests; `s3-server.d.cts` documents the functions. */
const { spawn } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync } = require('node:fs');
const { connect, createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { ensureVersitygw } = require('./versitygw.cjs');

const ACCESS_KEY = 'test-access-key';
const SECRET_KEY = 'test-secret-key';
const REGION = 'us-east-1';
const START_MS = 30_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function missingS3() {
  if (process.env.OPEN_CHATGPT_TEST_S3) return null;
  try {
    ensureVersitygw();
    return null;
  } catch (error) {
    return error.message;
  }
}

/** The server at `http://key:secret@host:port`. */
function externalServer(text) {
  const url = new URL(text);
  const access = {
    endpoint: url.origin,
    accessKey: decodeURIComponent(url.username),
    secretKey: decodeURIComponent(url.password),
    region: process.env.AWS_REGION || REGION,
  };
  return { ...access, env: envOf(access), stop: async () => {} };
}

function envOf({ endpoint, accessKey, secretKey, region }) {
  return {
    OPEN_CHATGPT_S3_ENDPOINT: endpoint,
    OPEN_CHATGPT_S3_ACCESS_KEY: accessKey,
    OPEN_CHATGPT_S3_SECRET_KEY: secretKey,
    OPEN_CHATGPT_S3_REGION: region,
    OPEN_CHATGPT_S3_CREATE_BUCKET: 'true',
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function startS3({ port, folder } = {}) {
  if (process.env.OPEN_CHATGPT_TEST_S3) return externalServer(process.env.OPEN_CHATGPT_TEST_S3);
  const binary = ensureVersitygw();
  const listening = port ?? (await freePort());
  const home = folder ?? mkdtempSync(join(tmpdir(), 'open-chatgpt-s3-'));
  const data = join(home, 'data');
  mkdirSync(data, { recursive: true });
  const args = ['--port', `127.0.0.1:${listening}`, '--keep-alive', '--quiet', '--region', REGION];
  // Without `--sidecar`: with it the etag and the content of an object change one after the other, and a reader can see
  // one of them new and the other old.
  const server = spawn(binary, [...args, 'posix', data], {
    env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const killWithParent = () => server.kill('SIGKILL');
  process.once('exit', killWithParent);

  const stop = async () => {
    process.removeListener('exit', killWithParent);
    server.kill('SIGTERM');
    const hard = setTimeout(() => server.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(hard);
    if (folder === undefined) rmSync(home, { recursive: true, force: true });
  };
  for (const end = Date.now() + START_MS; !(await listens(listening)); await sleep(50))
    if (server.exitCode !== null || Date.now() > end) {
      await stop();
      throw new Error(
        `the S3 server does not listen on port ${listening}; its output: ${output.trim() || 'none'}`,
      );
    }
  const access = {
    endpoint: `http://127.0.0.1:${listening}`,
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    region: REGION,
  };
  return { ...access, env: envOf(access), stop };
}

module.exports = { missingS3, startS3 };
