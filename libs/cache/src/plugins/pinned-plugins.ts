/** The XLA plugins that can be installed. */
export type PluginKind = 'cpu' | 'cuda12' | 'cuda13';

/** An XLA plugin of the version that this program is tested with. Paths are those in the plugin's folder. */
export interface PinnedPlugin {
  version: string;
  /** The shared library. */
  library: string;
  /** Folder of `bin/ptxas` and `nvvm/libdevice`: `--xla_gpu_cuda_data_dir`. */
  cudaFolder?: string;
  /**
   * Libraries to load before the plugin, in this order, which is that of JAX (`_load_nvidia_libraries` in the wheel of the plugin). The
   * plugin looks for some of them by their names only, and not where the wheels have them.
   */
  preload: readonly string[];
}

const CUDA_13 = 'nvidia/cu13/lib';

export const PINNED_PLUGINS: Readonly<Record<PluginKind, PinnedPlugin>> = {
  cpu: { version: '0.11.2', library: 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so', preload: [] },
  cuda12: {
    version: '0.12.0.1',
    library: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so',
    cudaFolder: 'nvidia/cuda_nvcc',
    preload: [
      'nvidia/cuda_runtime/lib/libcudart.so.12',
      'nvidia/cuda_nvrtc/lib/libnvrtc.so.12',
      'nvidia/cublas/lib/libcublas.so.12',
      'nvidia/cublas/lib/libcublasLt.so.12',
      'nvidia/nccl/lib/libnccl.so.2',
      'nvidia/cuda_cupti/lib/libcupti.so.12',
      'nvidia/cusparse/lib/libcusparse.so.12',
      'nvidia/cusolver/lib/libcusolver.so.11',
      'nvidia/cufft/lib/libcufft.so.11',
      'nvidia/nvshmem/lib/libnvshmem_host.so.3',
      'nvidia/cudnn/lib/libcudnn.so.9',
    ],
  },
  cuda13: {
    version: '0.12.0.1',
    library: 'jax_plugins/xla_cuda13/xla_cuda_plugin.so',
    cudaFolder: 'nvidia/cu13',
    preload: [
      `${CUDA_13}/libcudart.so.13`,
      `${CUDA_13}/libnvrtc.so.13`,
      `${CUDA_13}/libcublas.so.13`,
      `${CUDA_13}/libcublasLt.so.13`,
      'nvidia/nccl/lib/libnccl.so.2',
      `${CUDA_13}/libcupti.so.13`,
      `${CUDA_13}/libcusparse.so.12`,
      `${CUDA_13}/libcusolver.so.12`,
      `${CUDA_13}/libcufft.so.12`,
      'nvidia/nvshmem/lib/libnvshmem_host.so.3',
      'nvidia/cudnn/lib/libcudnn.so.9',
    ],
  },
};
