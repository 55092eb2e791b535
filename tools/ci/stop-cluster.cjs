/** Ends the control plane that `start-cluster.cjs` has started. */
module.exports = () => globalThis.sharedCluster?.stop();
