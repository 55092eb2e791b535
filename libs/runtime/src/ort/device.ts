import koffi from 'koffi';
import { MachineError } from '../machine-error';
import type { OrtApi, Pointer } from './api';

/** The device on which graphs run. Weights, gradients, inputs and outputs lie in host memory on every device. */
export interface Device {
  readonly name: 'cpu' | 'cuda';
  /** Adds the device to the options of a new session. */
  configure(api: OrtApi, sessionOptions: Pointer): void;
}

const CUDA_REMEDY =
  'A GPU needs its driver, CUDA, and the CUDA part of onnxruntime-node, which "npm ci" does not install; install it with: ' +
  'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js';

const cpu: Device = { name: 'cpu', configure: () => undefined };

/**
 * An NVIDIA GPU through ONNX Runtime's CUDA provider, which copies a graph's inputs and outputs at each run.
 * Untested: no machine of this project has had a GPU. Nodes without a CUDA kernel run on the CPU.
 */
function cuda(index: number): Device {
  return {
    name: 'cuda',
    configure(api, sessionOptions) {
      const options = api.create('createCudaProviderOptions');
      try {
        const [keys, values] = [pointers('device_id'), pointers(String(index))];
        api.call('updateCudaProviderOptions', options, keys.addresses, values.addresses, 1);
        api.call('appendCudaProvider', sessionOptions, options);
      } catch (error) {
        throw new MachineError(`${(error as Error).message.trim()}. ${CUDA_REMEDY}`, { cause: error });
      } finally {
        api.release('releaseCudaProviderOptions', options);
      }
    },
  };
}

/** An array of one C string. Both must stay referenced while C reads them. */
function pointers(text: string): { addresses: BigUint64Array; bytes: Buffer } {
  const bytes = Buffer.from(`${text}\0`);
  return { addresses: BigUint64Array.of(koffi.address(bytes)), bytes };
}

/**
 * @param text `cpu`, `cuda` or `cuda:<index>`
 * @throws Error for any other text, MachineError when the library was built without that device
 */
export function openDevice(text: string, api: OrtApi): Device {
  const [, name, index = '0'] = /^(cpu|cuda)(?::(\d{1,2}))?$/.exec(text) ?? [];
  if (!name || (name === 'cpu' && text !== 'cpu'))
    throw new Error(`OPEN_CHATGPT_DEVICE must be cpu, cuda or cuda:<number of the GPU>, got "${text}"`);
  if (name === 'cpu') return cpu;
  const providers = api.availableProviders();
  if (!providers.includes('CUDAExecutionProvider'))
    throw new MachineError(
      `OPEN_CHATGPT_DEVICE=${text}: this build of ONNX Runtime ${api.version} has no CUDA, only ${providers.join(', ')}. ` +
        'Set OPEN_CHATGPT_ONNXRUNTIME to a build that has, or OPEN_CHATGPT_DEVICE to cpu.',
    );
  return cuda(Number(index));
}
