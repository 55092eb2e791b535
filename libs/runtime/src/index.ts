export { environment, setThreads } from './ort/environment';
export { BoundRun, Session, type SessionOptions } from './session';
export { allocate, Tensor } from './tensor';
