// What a listener with TLS tells beyond the contract, for those who watch over certificates: when the first of those that
// it holds ends. It holds several where it has some for server names.

import type { BoundListener } from "../core/index.ts";

export interface SecureListener extends BoundListener {
  /** ms since the epoch; of what was read at the start or by the last reload that succeeded. */
  readonly certificateExpiresAt: number;
}

export function isSecureListener<Bound extends BoundListener>(listener: Bound): listener is Bound & SecureListener {
  return "certificateExpiresAt" in listener;
}
