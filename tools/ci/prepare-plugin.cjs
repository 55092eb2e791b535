const { acquireLock } = require('../lock.cjs');

/**
 * Installs XLA's CPU plugin before the first spec, as `openchat device install cpu` does. The first time this downloads 60 MB, and no
 * time limit of a test applies here. Where it cannot be installed, this says so in one line, and the specs that need it fail.
 */
module.exports = async () => {
  try {
    const { pluginCacheFolder } = require('@open-chatgpt/cache');
    const { installPlugin, planInstallation } = require('@open-chatgpt/download');
    const plan = planInstallation('cpu', 'all');
    const release = acquireLock(`${pluginCacheFolder()}.lock`);
    try {
      await installPlugin(plan);
    } finally {
      release();
    }
  } catch (error) {
    const remedy = error.code === 'MODULE_NOT_FOUND' ? '; run npm run setup' : '';
    console.error(`The specs of XLA will fail: ${error.message.split('\n', 1)[0]}${remedy}`);
  }
};
