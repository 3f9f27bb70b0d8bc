// What a test opens a session with when nothing about the session is its subject.

import type { SessionOptions } from "../core/index.ts";

export const plainSession: SessionOptions = Object.freeze({
  device: null,
  via: Object.freeze([]),
  protocolVersion: "1",
  exclusive: true,
  clean: true,
  expiryMs: 0,
  inflightMax: 100,
  will: null,
});
