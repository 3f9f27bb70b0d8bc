// A table. Messages without a body.

import { record } from "../layout.ts";
import { message } from "../message.ts";

const empty = record([]);

export const emptyMessages = [
  message(0x0002, "up", "heartbeat", empty),
  message(0x0003, "up", "deregister", empty),
  message(0x0004, "up", "time_request", empty, [2019]),
  message(0x8104, "down", "query_parameters", empty),
  message(0x8107, "down", "query_attributes", empty, [2013, 2019]),
  message(0x8201, "down", "query_location", empty),
  message(0x8204, "down", "link_check", empty, [2019]),
  message(0x8702, "down", "query_driver", empty, [2013, 2019]),
  message(0x9003, "down", "query_video_attributes", empty, [2013, 2019]),
] as const;
