import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MachineError } from '../machine-error';

/** File name of the library on each platform for which onnxruntime-node has a build. */
const FILE_NAME: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/**
 * Path of the ONNX Runtime library that onnxruntime-node ships for this platform.
 * OPEN_CHATGPT_ONNXRUNTIME names another build.
 * @throws MachineError naming the platform, the expected file and the remedy
 */
export function libraryPath(platform = process.platform, arch: string = process.arch): string {
  const override = process.env.OPEN_CHATGPT_ONNXRUNTIME;
  if (override) {
    if (existsSync(override)) return override;
    throw new MachineError(`OPEN_CHATGPT_ONNXRUNTIME names "${override}", which does not exist`);
  }
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  const fileName = FILE_NAME[platform];
  const path = fileName && join(root, 'bin', 'napi-v6', platform, arch, fileName);
  if (path && existsSync(path)) return path;
  throw new MachineError(
    `ONNX Runtime has no build for ${platform}-${arch} in ${root}${path ? ` (looked for ${path})` : ''}. ` +
      'Supported: linux-x64, linux-arm64, darwin-arm64, win32-x64, win32-arm64. ' +
      'Run "npm ci" if the file was removed, or set OPEN_CHATGPT_ONNXRUNTIME to the path of a build of your own.',
  );
}
