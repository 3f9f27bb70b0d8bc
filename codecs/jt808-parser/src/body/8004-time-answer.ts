// A table. The platform's answer to a time request: the one time of the protocol that is UTC.

import { bcd, field, record } from "../layout.ts";
import { message } from "../message.ts";
import { utcTime } from "../time.ts";

export const timeAnswer = message(
  0x8004,
  "down",
  "time_answer",
  record([field("time", bcd(6), { native: utcTime })]),
  [2019],
);
