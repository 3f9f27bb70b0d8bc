// What the core needs from outside, implemented in backends/ and chosen in gateway/. Each port is as small as its user.

import type { Credentials } from "./contract.ts";
import type { Origin } from "./message.ts";
import type { Peer } from "./peer.ts";
import type { Refusal } from "./verdict.ts";

/** Who somebody is, once an authenticator knows. */
export interface Identity {
  /** "" = no tenant. */
  readonly tenant: string;
  /** User name without its tenant; "" = anonymous. */
  readonly user: string;
}

/** One link of the authentication chain. */
export interface Authenticator {
  /** For metrics: "builtin", "anonymous", … */
  readonly name: string;
  /** Identity: it is them. Refusal: it is not, ask nobody else. null: not known here, ask the next. Rejects when it cannot be asked. */
  authenticate(peer: Peer, credentials: Credentials): Promise<Identity | Refusal | null>;
}

/** What one session may do: asked for once, when it opens; then asked synchronously, and its answers are cached. */
export interface AccessRules {
  mayPublish(topic: string): boolean;
  /** `filter` without its `$share/{group}/`. Every topic that the filter can match must be allowed. */
  maySubscribe(filter: string): boolean;
}

export interface Authorizer {
  rulesFor(origin: Origin): Promise<AccessRules>;
}
