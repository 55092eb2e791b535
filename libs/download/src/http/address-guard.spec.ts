import { checkHost, isPublicAddress, lookupPublic } from './address-guard';

describe('isPublicAddress', () => {
  it.each<[string, boolean]>([
    ['93.184.216.34', true],
    ['2606:2800:220:1::1', true],
    ['127.0.0.1', false],
    ['127.8.8.8', false],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.100.100.200', false],
    ['168.63.129.16', false],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['224.0.0.1', false],
    ['198.18.0.1', false],
    ['::1', false],
    ['::', false],
    ['fe80::1', false],
    ['fd00:ec2::254', false],
    ['no address', false],
  ])('%s: %s', (address, want) => {
    expect(isPublicAddress(address)).toBe(want);
  });
});

/** The registries of special addresses (IANA), with an address of each block that is not global. */
describe.each<[string, string[]]>([
  ['IPv4 inside IPv6, compatible', ['::7f00:1', '::10.0.0.1', '::8.8.8.8', '::2']],
  [
    'IPv4 inside IPv6, mapped',
    ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::ffff:8.8.8.8'],
  ],
  ['IPv4 inside IPv6, translated', ['::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8']],
  ['NAT64', ['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1']],
  ['6to4', ['2002:7f00:1::', '2002:808:808::1', '192.88.99.1']],
  ['Teredo', ['2001::1', '2001:0:a00:1::']],
  ['unspecified', ['::', '0.0.0.0', '0.1.2.3']],
  ['private', ['10.255.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1', 'fec0::1']],
  ['link-local', ['169.254.0.1', 'fe80::1', 'febf::1', 'fe80::1%eth0']],
  ['shared by carriers', ['100.64.0.1', '100.127.255.255']],
  ['benchmarking', ['198.18.0.1', '198.19.255.255', '2001:2::1']],
  ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
  [
    'protocols',
    ['192.0.0.1', '192.0.0.170', '2001:1::1', '2001:10::1', '2001:20::1', '2001:30::1', '5f00::1'],
  ],
  ['sinks', ['192.31.196.1', '192.52.193.1', '192.175.48.1', '2001:4:112::1', '2620:4f:8000::1', '100::1']],
  [
    'multicast and reserved',
    ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1', '4000::1'],
  ],
])('%s', (_, addresses) => {
  it.each(addresses)('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('checkHost', () => {
  // URL normalizes these: new URL('http://0x7f.1').hostname is 127.0.0.1.
  it.each([
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:a00:1]/',
    'http://[::127.0.0.1]/',
    'http://[::a00:1]/',
  ])('refuses %s', (url) => {
    expect(() => checkHost(new URL(url).hostname)).toThrow(/not on the public internet.*allowPrivate/);
  });

  it('accepts names, which the lookup checks', () => {
    expect(() => checkHost('localhost')).not.toThrow();
  });
});

it.each([{ all: true }, { all: false }])(
  'lookupPublic refuses a name that resolves to this machine (%j)',
  async (options) => {
    const error = await new Promise((resolve) => lookupPublic('localhost', options, resolve));
    expect(String(error)).toMatch(/localhost is at (127\.0\.0\.1|::1), which is not on the public internet/);
  },
);
