import { OrtApi } from './api';

/**
 * The version of ONNX Runtime.
 * @throws MachineError where it cannot be loaded
 */
export function onnxRuntimeVersion(): string {
  return new OrtApi().version;
}
