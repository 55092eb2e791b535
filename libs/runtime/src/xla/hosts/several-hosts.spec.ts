import { testValues, useDevice } from '@open-chatgpt/testing';
import { blocksOf, type Sharding } from '../../sharding';
import { XlaClient, xlaClient } from '../client';
import { XlaArray } from '../device-array';
import { gather } from '../gather';
import { type Address, Struct } from '../pjrt-api';

useDevice('xla:cpu:4');

const mesh = { data: 1, fsdp: 2, tensor: 2 };
const sharding: Sharding = { mesh, axes: [['fsdp'], ['tensor']] };
const shape = [4, 6];
const values = testValues(24, 1);

/** The client of the second of two processes with two devices each. */
function secondProcess(): XlaClient {
  const devices = xlaClient().devices.map((device, index) => ({ ...device, local: index >= 2 }));
  return Object.create(xlaClient(), { devices: { value: devices } });
}

/** The floats that one device holds. */
function read(buffer: Address, count: number): Float32Array {
  const { api } = xlaClient();
  const target = new Float32Array(count);
  const args = new Struct(56).set(16, buffer).set(32, target).set(40, target.byteLength);
  api.call('bufferToHostBuffer', args);
  api.await(args.get(48));
  return target;
}

describe('arrays on the devices of several processes', () => {
  it('are uploaded in part: each process has the blocks of its devices', () => {
    const array = XlaArray.upload(secondProcess(), 'float32', shape, values, sharding);
    expect(array.buffers).toHaveLength(2);
    const [, , { starts }] = blocksOf(shape, sharding);
    expect(starts).toEqual([2, 0]);
    expect([...read(array.buffers[0], 6)]).toEqual([12, 13, 14, 18, 19, 20].map((index) => values[index]));
  });

  it('are read from one process where each holds them whole', () => {
    const whole: Sharding = { mesh, axes: [[], []] };
    const array = XlaArray.upload(secondProcess(), 'float32', shape, values, whole);
    const target = new Float32Array(24);
    array.download(target);
    expect(target).toEqual(values);
  });

  it('are gathered by the devices otherwise', () => {
    const array = XlaArray.upload(xlaClient(), 'float32', shape, values, sharding);
    const wholes = gather(xlaClient(), array.buffers, { dtype: 'float32', shape, sharding });
    expect(wholes).toHaveLength(4);
    for (const buffer of wholes) expect(read(buffer, 24)).toEqual(values);
  });
});

describe('the CPU plugin', () => {
  it('knows no other processes', () => {
    const options = { cpu_device_count: 2, node_id: 0, num_nodes: 2 };
    expect(() => new XlaClient(xlaClient().api, options)).toThrow(
      /Unexpected option name passed to PJRT_Client_Create: (node_id|num_nodes)/,
    );
  });
});
