import { currentDevice } from '../device';
import type { Tensor } from '../tensor';
import { xlaClient } from './client';
import { XlaArray } from './device-array';

/** Copies a tensor whose home is the device there, so that our own memory of it is free. ONNX Runtime has no such memory. */
export function placeOnDevices(tensor: Tensor): void {
  if (tensor.home !== 'device' || currentDevice().engine !== 'xla') return;
  const { dtype, shape, sharding } = tensor;
  tensor.toDevice(sharding, (data) => XlaArray.upload(xlaClient(), dtype, shape, data, sharding));
}
