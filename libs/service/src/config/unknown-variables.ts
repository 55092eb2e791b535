import { nearestName } from '@open-chatgpt/untrusted';

const PREFIX = 'OPEN_CHATGPT_';

/** Of the engine, the programs and the tests; and fields of single services, because pods share their variables. */
const KNOWN =
  `CACHE COORDINATOR CONFIG DATASET_CACHE DEVICE GATEWAY INFERENCE_ADAPTERS INFERENCE_ADAPTERS_FROM INFERENCE_BATCH_SIZE
  INFERENCE_DRAFT_MODEL INFERENCE_IDLE_SECONDS INFERENCE_LOAD_SECONDS INFERENCE_MAX_LENGTH INFERENCE_MODELS INFERENCE_MODEL_MEMORY_MIB
  INFERENCE_PREFIX_CACHE_MIB INFERENCE_QUEUE_SIZE INFERENCE_RESPONSE_DAYS INFERENCE_SHUTDOWN_SECONDS INFERENCE_SPECULATIVE_TOKENS
  INFERENCE_WEIGHTS INGEST_PYTHON ISOLATED ITEMS_PER_ITERATION LEASE_NAMESPACE
  LEASE_SECONDS METRICS_CERT METRICS_KEY METRICS_PORT ONNXRUNTIME OPERATOR_CONFIG PATIENCE_SECONDS PEERS PIPELINE_FOLDERS
  PJRT_PLUGIN PLUGIN_CACHE POD_NAME PROFILE PYTHON RANK RESEND_SECONDS RESOURCES ROLE RUN_ID RUN_MEMORY_GIB STOP_SECONDS TERMINATION_LOG THREADS TOKEN
  TOKENIZER UNVERIFIED_CUDNN_ATTENTION UNVERIFIED_RANKS_TOKEN WHOLE_QUICKSTART WORLD_SIZE`
    .split(/\s+/)
    .map((name) => PREFIX + name);

/** What Kubernetes adds for a Service, and what tests share. */
const FOREIGN = /_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP)|^OPEN_CHATGPT_TEST_/;

/**
 * Variables that look like ours and that nothing reads, such as misspelled ones.
 * @param variables of the configuration
 * @returns a sentence for each, with the name that was probably meant
 */
export function unknownVariables(
  variables: readonly string[],
  env: Record<string, string | undefined>,
): string[] {
  const known = [...variables, ...KNOWN];
  const isUnknown = (name: string) =>
    name.startsWith(PREFIX) && !known.includes(name) && !FOREIGN.test(name) && !isServiceAddress(env[name]);
  return Object.keys(env)
    .filter(isUnknown)
    .map((name) => {
      const near = nearestName(
        name.slice(PREFIX.length),
        known.map((one) => one.slice(PREFIX.length)),
      );
      return `${name} is not known, and has no effect${near === null ? '' : `; did you mean ${PREFIX}${near}?`}`;
    });
}

/** The value that Kubernetes gives `<service>_PORT`. */
const isServiceAddress = (value: string | undefined): boolean => /^(tcp|udp):\/\//.test(value ?? '');
