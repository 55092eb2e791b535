import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import koffi from 'koffi';

/** The library's file name on each platform for which onnxruntime-node carries a build. */
const FILE_NAME: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/**
 * Where the ONNX Runtime shipped with onnxruntime-node lies for this platform.
 * OPEN_CHATGPT_ONNXRUNTIME names another build (a CUDA one, say).
 * @throws Error naming the platform, the file looked for and the remedy
 */
export function libraryPath(platform = process.platform, arch: string = process.arch): string {
  const override = process.env.OPEN_CHATGPT_ONNXRUNTIME;
  if (override) {
    if (existsSync(override)) return override;
    throw new Error(`OPEN_CHATGPT_ONNXRUNTIME names "${override}", which does not exist`);
  }
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  const fileName = FILE_NAME[platform];
  const path = fileName && join(root, 'bin', 'napi-v6', platform, arch, fileName);
  if (path && existsSync(path)) return path;
  throw new Error(
    `ONNX Runtime has no build for ${platform}-${arch} in ${root}${path ? ` (looked for ${path})` : ''}. ` +
      'Supported: linux-x64, linux-arm64, darwin-arm64, win32-x64, win32-arm64. ' +
      'Run "npm ci" if the file was removed, or set OPEN_CHATGPT_ONNXRUNTIME to the path of a build of your own.',
  );
}

const STACK_SIZE = 8 << 20;

/** Loads the shared library. Kept referenced for the life of the process: unloading it while in use crashes. */
export function loadLibrary(path: string) {
  // The kernels of a large model recurse deeper than koffi's default stacks allow.
  // Settings belong to the process and are fixed by the first library: another copy of this module may have been first.
  if (koffi.config().sync_stack_size !== STACK_SIZE) {
    koffi.config({ sync_stack_size: STACK_SIZE, async_stack_size: STACK_SIZE });
  }
  try {
    return koffi.load(path);
  } catch (error) {
    throw new Error(`cannot load ONNX Runtime from ${path}: ${(error as Error).message}`);
  }
}
