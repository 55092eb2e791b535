/** Runs the specs of a file on a device, as OPEN_CHATGPT_DEVICE names it. */
export function useDevice(device: string): void {
  const before = process.env.OPEN_CHATGPT_DEVICE;
  beforeAll(() => {
    process.env.OPEN_CHATGPT_DEVICE = device;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.OPEN_CHATGPT_DEVICE;
    else process.env.OPEN_CHATGPT_DEVICE = before;
  });
}
