// table: every adapter that this gateway knows, in the order in which they start. Nobody else imports an adapter.

import { gbt32960 } from "../adapters/gbt32960/index.ts";
import { http } from "../adapters/http/index.ts";
import { jt808 } from "../adapters/jt808/index.ts";
import { line } from "../adapters/line/index.ts";
import { mqtt } from "../adapters/mqtt/index.ts";
import { websocket } from "../adapters/websocket/index.ts";
import type { Module } from "./config/schema.ts";

export const adapterModules: readonly Module[] = Object.freeze([mqtt, websocket, http, jt808, gbt32960, line]);
