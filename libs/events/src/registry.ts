import type { z } from 'zod';
import { alertContracts } from './contracts/alert';
import { datasetContracts } from './contracts/dataset';
import { experienceContracts } from './contracts/experience';
import { learnedContracts } from './contracts/learned';
import { modelContracts } from './contracts/model';
import { preferenceContracts } from './contracts/preference';
import { rolloutContracts } from './contracts/rollout';
import { runContracts } from './contracts/run';
import type { EventContract, EventKind } from './define-event';
import { InvalidEvent } from './invalid-event';

const contracts = [
  ...datasetContracts,
  ...runContracts,
  ...rolloutContracts,
  ...experienceContracts,
  ...learnedContracts,
  ...modelContracts,
  ...preferenceContracts,
  ...alertContracts,
] as const;

type Contract = (typeof contracts)[number];

export type EventType = Contract['type'];

type ContractOf<T extends EventType> = Extract<Contract, { type: T }>;

/** The data of an event of this type. */
export type DataOf<T extends EventType> = z.output<ContractOf<T>['data']>;

/** Every event and command of the platform, by type. */
export const EVENTS = Object.fromEntries(contracts.map((contract) => [contract.type, contract])) as {
  readonly [T in EventType]: ContractOf<T>;
};

export const eventTypes = Object.keys(EVENTS) as readonly EventType[];

/**
 * The contract of a type that is known only at run time.
 * @throws InvalidEvent when the type does not exist
 */
export function contractOf<T extends EventType>(type: T): EventContract<T, z.ZodType<DataOf<T>>> {
  if (!Object.hasOwn(EVENTS, type)) {
    throw new InvalidEvent(
      'type',
      `"${type}" is not an event type; expected one of ${eventTypes.join(', ')}`,
    );
  }
  return EVENTS[type] as unknown as EventContract<T, z.ZodType<DataOf<T>>>;
}

export interface Topic {
  name: string;
  kind: EventKind;
  types: readonly EventType[];
}

/** Every topic with its event types. */
export const TOPICS: readonly Topic[] = [...new Set(contracts.map(({ topic }) => topic))].map((name) => {
  const members = contracts.filter(({ topic }) => topic === name);
  const { kind } = members[0];
  return {
    name,
    kind,
    types: members.map(({ type }) => type),
  };
});
