import { OrtApi } from './api';
import { openDevice } from './device';

const api = new OrtApi();

describe('openDevice', () => {
  it('opens the CPU, which every build supports', () => {
    expect(openDevice('cpu', api).name).toBe('cpu');
    expect(api.availableProviders()).toContain('CPUExecutionProvider');
  });

  it.each(['gpu', 'cpu:1', 'cuda:', 'cuda:x', 'cuda:100', ' cuda'])('refuses "%s"', (text) => {
    expect(() => openDevice(text, api)).toThrow(
      `OPEN_CHATGPT_DEVICE must be cpu, cuda or cuda:<number of the GPU>, got "${text}"`,
    );
  });

  it('reports a build without CUDA', () => {
    const cpuOnly = { version: '1.0.0', availableProviders: () => ['CPUExecutionProvider'] } as OrtApi;
    expect(() => openDevice('cuda', cpuOnly)).toThrow(
      'OPEN_CHATGPT_DEVICE=cuda: this build of ONNX Runtime 1.0.0 has no CUDA, only CPUExecutionProvider. Set',
    );
  });

  it('explains how to install the CUDA part, which npm ci does not install', () => {
    const device = openDevice('cuda:0', new OrtApi());
    const options = api.create('createSessionOptions');
    expect(() => device.configure(api, options)).toThrow(
      /providers_\w+\.\w+[\s\S]*A GPU needs its driver, CUDA,/,
    );
    api.release('releaseSessionOptions', options);
  });
});
