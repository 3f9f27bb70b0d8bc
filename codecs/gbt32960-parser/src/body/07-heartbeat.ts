// 0x07 heartbeat and 0x08 time request say nothing; most answers say a time only: that of the message they answer, or,
// to 0x08, the platform's.

import { Layout } from "../layout.ts";
import { time } from "../time.ts";

export const nothing = new Layout([]);
export const timeOnly = new Layout([time("time")]);
