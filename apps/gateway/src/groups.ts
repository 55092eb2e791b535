import { runEventTypes } from '@open-chatgpt/orchestration';
import type { ConsumerGroups } from '@open-chatgpt/service';

/** All gateways share one consumer group, so that one of them applies each event. */
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
