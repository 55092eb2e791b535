/** The XLA plugins that can be installed. */
export type PluginKind = 'cpu' | 'cuda12' | 'cuda13';

/** An XLA plugin of the version that this program is tested with. */
export interface PinnedPlugin {
  version: string;
  /** Path of the shared library in the plugin's folder. */
  library: string;
  /** Folder of `bin/ptxas` and `nvvm/libdevice` in the plugin's folder: `--xla_gpu_cuda_data_dir`. */
  cudaFolder?: string;
}

export const PINNED_PLUGINS: Readonly<Record<PluginKind, PinnedPlugin>> = {
  cpu: { version: '0.11.2', library: 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so' },
  cuda12: {
    version: '0.12.0.1',
    library: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so',
    cudaFolder: 'nvidia/cuda_nvcc',
  },
  cuda13: {
    version: '0.12.0.1',
    library: 'jax_plugins/xla_cuda13/xla_cuda_plugin.so',
    cudaFolder: 'nvidia/cu13',
  },
};
