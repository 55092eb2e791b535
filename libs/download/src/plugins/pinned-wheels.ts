import type { PluginKind } from '@open-chatgpt/cache';

/** A file of the Python package index, which is a zip archive. */
export interface PinnedWheel {
  /** `<package>-<version>-<Python>-<ABI>-<platform>.whl` */
  fileName: string;
  sha256: string;
  bytes: number;
  /** Of the files that are unpacked. */
  unpackedBytes: number;
  license: string;
  /** Also needed where programs are only compiled. */
  compiles?: true;
}

/** The wheels are built for this platform only. */
export const PLUGIN_PLATFORM = 'linux-x64';

/**
 * The plugins and what they need. The wheels of NVIDIA are those that the package of the plugin for JAX requires (its extra
 * `with-cuda`), in the newest versions on the day when that package appeared.
 */
export const PINNED_WHEELS: Readonly<Record<PluginKind, readonly PinnedWheel[]>> = {
  cpu: [
    {
      fileName: 'lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1',
      bytes: 62_711_338,
      unpackedBytes: 201_863_543,
      license: 'Apache-2.0',
    },
  ],
  cuda12: [
    {
      fileName: 'jax_cuda12_pjrt-0.12.0.1-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '5ec28e06198d094031c37590b4ea753ae8cde4879ab4b60baf40f0dffb673286',
      bytes: 191_846_358,
      unpackedBytes: 486_596_368,
      license: 'Apache-2.0',
      compiles: true,
    },
    {
      fileName: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
      bytes: 40_546_229,
      unpackedBytes: 35_476_486,
      license: 'NVIDIA',
      compiles: true,
    },
    {
      fileName: 'nvidia_cublas_cu12-12.9.2.10-py3-none-manylinux_2_27_x86_64.whl',
      sha256: 'e4f53a8ca8c5d6e8c492d0d0a3d565ecb59a751b19cfdaa4f6da0ab2104c1702',
      bytes: 581_240_110,
      unpackedBytes: 855_164_062,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
      sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
      bytes: 10_814_997,
      unpackedBytes: 43_425_030,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      bytes: 89_568_129,
      unpackedBytes: 227_400_254,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      bytes: 3_493_179,
      unpackedBytes: 800_350,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cudnn_cu12-9.27.0.42-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '0a4aa3a7d2264256506c6857fc41fc0c499982f78d70195b1cfcc9055c1957cd',
      bytes: 766_178_381,
      unpackedBytes: 1_223_230_030,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      bytes: 200_877_592,
      unpackedBytes: 293_668_678,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      bytes: 338_117_415,
      unpackedBytes: 495_034_326,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      bytes: 366_465_088,
      unpackedBytes: 486_615_630,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
      sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
      bytes: 351_526_311,
      unpackedBytes: 473_616_431,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      bytes: 39_748_338,
      unpackedBytes: 95_994_606,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_nvshmem_cu12-3.8.0-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: 'b2e5760d6158aefe7bb74348d5128bb1b46a7dd1fd4b7b1e6fe55b4b07888f70',
      bytes: 280_800_183,
      unpackedBytes: 197_841_846,
      license: 'NVIDIA',
    },
  ],
  cuda13: [
    {
      fileName: 'jax_cuda13_pjrt-0.12.0.1-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '5899bb6177eda86ea532afb9a26794f2bdd04966f6a01f9028266b16c2b6cf90',
      bytes: 134_922_808,
      unpackedBytes: 395_967_648,
      license: 'Apache-2.0',
      compiles: true,
    },
    {
      fileName: 'nvidia_cuda_nvcc-13.4.92-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: 'a1f3bfb27299e060b444d5df1f4bcd762501326cf0fd3141ed61756816ab9a0e',
      bytes: 47_672_022,
      unpackedBytes: 99_352_934,
      license: 'NVIDIA',
      compiles: true,
    },
    {
      fileName: 'nvidia_nvvm-13.4.92-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      sha256: 'e4c81cb321dd9743bcf871c5e7e8fecd7f05dea607944426e102bdda8d49e137',
      bytes: 72_604_627,
      unpackedBytes: 69_127_674,
      license: 'NVIDIA',
      compiles: true,
    },
    {
      fileName: 'nvidia_cublas-13.8.1.7-py3-none-manylinux_2_27_x86_64.whl',
      sha256: 'c11a27fd4379510e5b1f84b367a2514d1e52fe5cc13442117a0e0a1addee3cf2',
      bytes: 439_315_821,
      unpackedBytes: 603_919_982,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cuda_cupti-13.4.92-py3-none-manylinux_2_25_x86_64.whl',
      sha256: '037b561575e6983bc4fe1caae644d7a296a8367f451bf6c2a3194f4d0765431c',
      bytes: 13_058_283,
      unpackedBytes: 52_498_894,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cuda_nvrtc-13.4.92-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      sha256: '5ce8c97b00b232c4f50c8c4b5a3b68cafee08bdb82ea86f2052ff01d03194f4a',
      bytes: 53_301_733,
      unpackedBytes: 133_593_566,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cuda_runtime-13.4.92-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: '9641f797da20ce1dd8e779b6e96d08cf9ba564cec8e8225458811ee26423f3a5',
      bytes: 2_494_438,
      unpackedBytes: 857_758,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cudnn_cu13-9.27.0.42-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '9677e76f21862eb5da7ee5ed69d544738b2d8b5c3ce7e5ec125c5592e6cdbdc8',
      bytes: 536_771_498,
      unpackedBytes: 925_450_414,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cufft-12.4.0.43-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: '0e8385013596b112d29c9ce8c63dc575b308d77636c7169104e18714f03961a8',
      bytes: 161_750_089,
      unpackedBytes: 237_048_270,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cusolver-12.3.5.3-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '01f13254cfe9f99cf8d141fa4d00fbe55b235fd1509854017d766fd84442f46a',
      bytes: 246_439_201,
      unpackedBytes: 274_833_366,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_cusparse-12.8.6.72-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: 'a739f6ff51ea2a8a2990b267b9b4d3063a5d94890efb8ccf393bfcab9dd487aa',
      bytes: 170_468_146,
      unpackedBytes: 187_902_830,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_nccl_cu13-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
      sha256: '1459723080ac889d73a26edfa3e04383a7928ab31ac8f0ec43b3ea9548b04ff3',
      bytes: 305_100_071,
      unpackedBytes: 343_866_831,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_nvjitlink-13.4.92-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      sha256: 'e0391f24ed94ec879b84e3da4d4ec320c879aff681f2c7a638462f7199284323',
      bytes: 42_452_378,
      unpackedBytes: 103_662_110,
      license: 'NVIDIA',
    },
    {
      fileName: 'nvidia_nvshmem_cu13-3.8.0-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      sha256: '81a4d1f666543e6d34df6d2ff940c7da1435e34e186aab6f3c2b48861b64ef38',
      bytes: 182_092_449,
      unpackedBytes: 56_258_702,
      license: 'NVIDIA',
    },
  ],
};
