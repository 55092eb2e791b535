import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLibrary } from '../native-library';
import { OrtApi } from './api';
import { libraryPath } from './library';

const VARIABLE = 'OPEN_CHATGPT_ONNXRUNTIME';
const folder = mkdtempSync(join(tmpdir(), 'ort-library-'));
const before = process.env[VARIABLE];

beforeEach(() => {
  delete process.env[VARIABLE];
});

afterAll(() => {
  if (before === undefined) delete process.env[VARIABLE];
  else process.env[VARIABLE] = before;
  rmSync(folder, { recursive: true });
});

describe('libraryPath', () => {
  it('finds the build of this platform, of the pinned version', () => {
    expect(libraryPath()).toContain(join('onnxruntime-node', 'bin'));
    const { version } = require('onnxruntime-node/package.json');
    expect(new OrtApi().version).toBe(version);
  });

  it.each<[NodeJS.Platform, string]>([
    ['freebsd', 'x64'],
    ['linux', 's390x'],
    ['darwin', 'x64'],
  ])('explains the remedy on %s-%s', (platform, arch) => {
    const act = () => libraryPath(platform, arch);
    expect(act).toThrow(`ONNX Runtime has no build for ${platform}-${arch} in `);
    expect(act).toThrow('Supported: linux-x64, linux-arm64, darwin-arm64, win32-x64, win32-arm64.');
    expect(act).toThrow('set OPEN_CHATGPT_ONNXRUNTIME to the path of a build of your own');
  });

  it('loads another build from an environment variable, and reports a missing file', () => {
    const other = join(folder, 'libonnxruntime.so');
    process.env[VARIABLE] = other;
    expect(() => libraryPath()).toThrow(`OPEN_CHATGPT_ONNXRUNTIME names "${other}", which does not exist`);
    writeFileSync(other, 'not a library');
    expect(libraryPath('freebsd', 'x64')).toBe(other);
  });
});

describe('loadLibrary', () => {
  it('names a file that is not a library', () => {
    const broken = join(folder, 'broken.so');
    writeFileSync(broken, 'not a library');
    expect(() => loadLibrary(broken, 'ONNX Runtime')).toThrow(`cannot load ONNX Runtime from ${broken}: `);
  });
});
