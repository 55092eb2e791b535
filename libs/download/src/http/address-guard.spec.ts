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
    ['::ffff:127.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['no address', false],
  ])('%s: %s', (address, want) => {
    expect(isPublicAddress(address)).toBe(want);
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
