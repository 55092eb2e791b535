import { processGroup } from './process-group';

describe('processGroup', () => {
  const env = {
    OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN: '0123456789abcdef',
    OPEN_CHATGPT_RANK: '1',
    OPEN_CHATGPT_WORLD_SIZE: '2',
    OPEN_CHATGPT_COORDINATOR: 'pair-sft-0.pair-sft.runs.svc',
  };

  it('reads the variables of the operator', () => {
    const group = { rank: 1, size: 2, host: 'pair-sft-0.pair-sft.runs.svc', token: '0123456789abcdef' };
    expect(processGroup(env)).toEqual({ ...group, port: 8476 });
    const withPort = { ...env, OPEN_CHATGPT_COORDINATOR: '127.0.0.1:9000' };
    expect(processGroup(withPort)).toEqual({ ...group, host: '127.0.0.1', port: 9000 });
  });

  it('is off without the secret, and for one rank', () => {
    expect(processGroup({ ...env, OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN: undefined })).toBeNull();
    expect(processGroup({ ...env, OPEN_CHATGPT_WORLD_SIZE: '1' })).toBeNull();
  });

  it.each([
    ['OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN', 'short', /too short/],
    ['OPEN_CHATGPT_WORLD_SIZE', '', /OPEN_CHATGPT_WORLD_SIZE is "", expected an integer from 1 to 1024/],
    ['OPEN_CHATGPT_RANK', '2', /OPEN_CHATGPT_RANK is "2", expected an integer from 0 to 1/],
    ['OPEN_CHATGPT_COORDINATOR', 'http://x', /expected the host of rank 0/],
  ])('refuses a wrong %s', (name, value, message) => {
    expect(() => processGroup({ ...env, [name]: value })).toThrow(message);
  });
});
