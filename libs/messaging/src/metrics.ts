/** Every metric of messaging, so that a registry can declare it before its first value. */
export const METRICS = {
  messaging_handled_total: {
    type: 'counter',
    labels: ['group', 'topic'],
    help: 'Messages that a handler completed.',
  },
  messaging_retried_total: {
    type: 'counter',
    labels: ['group', 'topic', 'kind'],
    help: 'Failed attempts that were retried: kind "infrastructure" (the message is not the cause) or "unknown".',
  },
  messaging_dead_lettered_total: {
    type: 'counter',
    labels: ['group', 'topic', 'reason'],
    help: 'Messages moved to the dead-letter queue: reason "invalid" (rejected at once) or "failed" (all attempts failed).',
  },
  messaging_unhandled_total: {
    type: 'counter',
    labels: ['group', 'topic'],
    help: 'Messages for which the group has no handler.',
  },
  messaging_published_total: { type: 'counter', labels: ['topic'], help: 'Messages published.' },
  messaging_handler_seconds: {
    type: 'histogram',
    labels: ['group', 'topic'],
    help: 'Duration of one attempt of a handler.',
  },
  messaging_lag: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'Messages that the group has not handled yet.',
  },
  messaging_oldest_seconds: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'Age of the oldest unfinished message of this member.',
  },
  messaging_stalled_seconds: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'How long a partition has been blocked by an infrastructure failure.',
  },
  messaging_dead_letters: {
    type: 'gauge',
    labels: ['topic'],
    help: 'Dead letters that are neither replayed nor discarded.',
  },
} as const;

type NameOf<Type extends string> = {
  [Name in keyof typeof METRICS]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[keyof typeof METRICS];

export type Counter = NameOf<'counter'>;
export type Gauge = NameOf<'gauge'>;
export type Histogram = NameOf<'histogram'>;
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** The sink of the metrics; a service implements it with its registry. */
export interface BusMetrics {
  count(counter: Counter, labels: Labels, by?: number): void;
  observe(histogram: Histogram, labels: Labels, value: number): void;
  /** Registers a gauge; `read` returns its current values. Called once for each gauge, before any subscription. */
  gauge(gauge: Gauge, read: () => Promise<Sample[]>): void;
}

const nothing = () => undefined;

export const noMetrics: BusMetrics = { count: nothing, observe: nothing, gauge: nothing };
