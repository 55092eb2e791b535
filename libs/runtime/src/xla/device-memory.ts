import { type Address, type PjrtApi, Struct } from './pjrt-api';

/** The buffers that live on each device. */
export class DeviceMemory {
  private readonly live: readonly Set<Address>[];

  constructor(
    private readonly api: PjrtApi,
    devices: number,
  ) {
    this.live = Array.from({ length: devices }, () => new Set());
  }

  /** @param buffers one on each of the first devices */
  add(buffers: readonly Address[]): void {
    buffers.forEach((buffer, device) => {
      this.live[device].add(buffer);
    });
  }

  release(buffers: readonly Address[]): void {
    buffers.forEach((buffer, device) => {
      this.live[device].delete(buffer);
      this.api.call('bufferDestroy', new Struct(24).set(16, buffer));
    });
  }

  /** Bytes of all live buffers on each device, as the plugin counts them. */
  bytes(): number[] {
    return this.live.map((buffers) => [...buffers].reduce((total, buffer) => total + this.sizeOf(buffer), 0));
  }

  private sizeOf(buffer: Address): number {
    return Number(this.api.call('bufferOnDeviceSizeInBytes', new Struct(32).set(16, buffer)).get(24));
  }
}
