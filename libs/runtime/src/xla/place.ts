import { currentDevice } from '../device';
import { meshSize } from '../sharding';
import type { Tensor } from '../tensor';
import { xlaClient } from './client';
import { XlaArray } from './device-array';

/** Copies a tensor whose home is the device there, so that our own memory of it is free. ONNX Runtime has no such memory. */
export function placeOnDevices(tensor: Tensor): void {
  if (tensor.home !== 'device' || currentDevice().engine !== 'xla') return;
  const client = xlaClient();
  const { dtype, shape, sharding } = tensor;
  const devices = client.devices.slice(0, sharding ? meshSize(sharding.mesh) : 1);
  tensor.toDevice(sharding, (data) => XlaArray.upload(client, dtype, shape, data, { devices, sharding }));
}
