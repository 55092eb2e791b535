/**
 * This machine cannot compute: a native library or a device is missing, or memory is exhausted. The same work may succeed
 * on another machine.
 */
export class MachineError extends Error {}

/** What ONNX Runtime and CUDA say when the machine is the cause: no memory left, or a device that fails. */
const MACHINE_MESSAGES =
  /bad_alloc|failed to allocate memory|out of memory|CUDA (failure|error)|CUDNN failure/i;

/** An error with this message, attributed to the machine where the message says so. */
export function nativeError(message: string): Error {
  return MACHINE_MESSAGES.test(message) ? new MachineError(message) : new Error(message);
}
