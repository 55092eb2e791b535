/** Every metric of messaging, so that a registry can declare them before the first value. */
export const METRICS = {
  messaging_handled_total: {
    type: 'counter',
    labels: ['group', 'topic'],
    help: 'Messages whose effect is done.',
  },
  messaging_retried_total: {
    type: 'counter',
    labels: ['group', 'topic', 'kind'],
    help: 'Failed tries that were repeated, of kind "infrastructure" (the message is not to blame) or "unknown".',
  },
  messaging_dead_lettered_total: {
    type: 'counter',
    labels: ['group', 'topic', 'reason'],
    help: 'Messages given up: of reason "invalid" (refused at once) or "failed" (all tries failed).',
  },
  messaging_unhandled_total: {
    type: 'counter',
    labels: ['group', 'topic'],
    help: 'Messages that no handler of the group wanted.',
  },
  messaging_published_total: { type: 'counter', labels: ['topic'], help: 'Messages stored by the bus.' },
  messaging_handler_seconds: {
    type: 'histogram',
    labels: ['group', 'topic'],
    help: 'Time that one try of a handler took.',
  },
  messaging_lag: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'Messages that the group has still to work off.',
  },
  messaging_oldest_seconds: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'Age of the oldest message that this member holds unfinished.',
  },
  messaging_stalled_seconds: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'How long a message, and its partition with it, has been waiting for the infrastructure to work again.',
  },
  messaging_dead_letters: {
    type: 'gauge',
    labels: ['topic'],
    help: 'Dead letters that were neither replayed nor discarded.',
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

/** Where metrics go; a service backs it with its registry. */
export interface BusMetrics {
  count(counter: Counter, labels: Labels, by?: number): void;
  observe(histogram: Histogram, labels: Labels, value: number): void;
  /** `read` tells the values of this moment; called once for each gauge, before any subscription. */
  gauge(gauge: Gauge, read: () => Promise<Sample[]>): void;
}

const nothing = () => undefined;

export const noMetrics: BusMetrics = { count: nothing, observe: nothing, gauge: nothing };
