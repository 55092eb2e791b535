const { SHARED, startCluster } = require('../cluster/cluster.cjs');

/** Starts the control plane that all specs of a run share, unless the caller has named one. */
module.exports = async () => {
  if (process.env[SHARED]) return;
  globalThis.sharedCluster = await startCluster();
  process.env[SHARED] = globalThis.sharedCluster.folder;
};
