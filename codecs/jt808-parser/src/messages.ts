// A table. All messages whose bodies are laid out here. An id without a row is not an error: its body stays bytes.

import { emptyMessages } from "./body/0001-empty.ts";
import { generalAnswers } from "./body/0001-general-answer.ts";
import { resendRequests } from "./body/0005-resend.ts";
import { registration, registrationAnswer } from "./body/0100-register.ts";
import { authentication } from "./body/0102-authenticate.ts";
import { parameterMessages } from "./body/0104-parameters.ts";
import { attributeMessages } from "./body/0107-attributes.ts";
import { locationReport } from "./body/0200-location.ts";
import { locationQueries } from "./body/0201-location-query.ts";
import { recorderMessages } from "./body/0700-recorder.ts";
import { driverIdentity } from "./body/0702-driver.ts";
import { locationBatch } from "./body/0704-location-batch.ts";
import { canFrames } from "./body/0705-can.ts";
import { mediaMessages } from "./body/0800-media.ts";
import { transparentMessages } from "./body/0900-transparent.ts";
import { videoMessages } from "./body/1078-video.ts";
import { timeAnswer } from "./body/8004-time-answer.ts";
import { terminalControl } from "./body/8105-control.ts";
import { textMessages } from "./body/8300-text.ts";
import { areaMessages } from "./body/8600-areas.ts";
import { routeMessage } from "./body/8606-route.ts";
import { areaQueries } from "./body/8608-areas-query.ts";
import { attachmentMessages } from "./body/jsatl12-attachments.ts";
import type { MessageRow } from "./message.ts";

const all: readonly MessageRow[] = [
  ...generalAnswers,
  ...emptyMessages,
  ...resendRequests,
  timeAnswer,
  registration,
  registrationAnswer,
  authentication,
  ...parameterMessages,
  terminalControl,
  ...attributeMessages,
  locationReport,
  ...locationQueries,
  ...textMessages,
  ...areaMessages,
  routeMessage,
  ...areaQueries,
  ...recorderMessages,
  driverIdentity,
  locationBatch,
  canFrames,
  ...mediaMessages,
  ...transparentMessages,
  ...videoMessages,
  ...attachmentMessages,
];

/** By id without the direction bit, the terminal's message before the platform's. */
export const messages: readonly MessageRow[] = Object.freeze(all.toSorted((a, b) => order(a.id) - order(b.id)));

function order(id: number): number {
  return ((id & 0x7fff) << 1) | (id >>> 15);
}
