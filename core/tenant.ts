// One tenant: a name space of topics, sessions and quota that nothing crosses.

import type { CoreLimits } from "./limits.ts";
import { RetainedMessages } from "./retained.ts";
import { SubscriptionIndex } from "./subscription-index.ts";
import { TokenBucket } from "./token-bucket.ts";
import { TopicTable } from "./topic-table.ts";

export class Tenant {
  readonly name: string;
  readonly index: SubscriptionIndex;
  readonly topics: TopicTable;
  readonly retained: RetainedMessages;
  readonly messageBucket: TokenBucket | null;
  readonly byteBucket: TokenBucket | null;

  constructor(name: string, limits: CoreLimits, now: number) {
    this.name = name;
    this.index = new SubscriptionIndex(limits.shareStrategy);
    this.topics = new TopicTable(this.index, limits);
    this.retained = new RetainedMessages(limits);
    this.messageBucket = TokenBucket.of(limits.tenantMessages, now);
    this.byteBucket = TokenBucket.of(limits.tenantBytes, now);
  }
}
