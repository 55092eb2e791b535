import type { ConsumerGroups } from '@open-chatgpt/service';
import { runEventTypes } from './runs/run';

/** All that is told: gateways share it, so that each event is learned by one of them. */
export const gatewayGroups: ConsumerGroups = {
  gateway: [
    ...runEventTypes,
    'dataset.requested',
    'dataset.ready',
    'dataset.failed',
    'model.published',
    'preference.submitted',
    'alert.raised',
  ],
};
