// One tenant: a name space of topics, sessions and quota that nothing crosses.

import type { CoreLimits } from "./limits.ts";
import { RetainedMessages } from "./retained.ts";
import type { SessionState } from "./session-state.ts";
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
  /** Sessions that hold a name, by `sessionKey`. */
  readonly holders = new Map<string, SessionState>();
  /** All sessions, those without a name of their own included. */
  readonly sessions = new Set<SessionState>();

  constructor(name: string, limits: CoreLimits, now: number) {
    this.name = name;
    this.index = new SubscriptionIndex(limits.shareStrategy);
    this.topics = new TopicTable(this.index, limits);
    this.retained = new RetainedMessages(limits);
    this.messageBucket = TokenBucket.of(limits.tenantMessages, now);
    this.byteBucket = TokenBucket.of(limits.tenantBytes, now);
  }
}

/** What a session is found by. Neither part can hold U+0000. */
export function sessionKey(client: string, device: string): string {
  return client === device ? client : `${client}\u0000${device}`;
}
