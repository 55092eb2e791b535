import { explained } from './space';

it.each(['EACCES', 'EPERM', 'EROFS', 'EDQUOT'])(
  'names the remedy where the cache cannot be written: %s',
  (code) => {
    const error = Object.assign(new Error(`${code}: mkdir '/cache/plugins'`), { code });
    expect(explained(error, 'cpu', '/cache').message).toBe(
      `the XLA plugin cpu was not installed: cannot write to /cache (${code}: mkdir '/cache/plugins'). Make room, or set ` +
        'OPEN_CHATGPT_PLUGIN_CACHE (or OPEN_CHATGPT_CACHE, for all caches) to a folder that can be written and has room.',
    );
  },
);
