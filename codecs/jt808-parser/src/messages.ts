// A table. All messages whose bodies are laid out here. An id without a row is not an error: its body stays bytes.

import { emptyMessages, generalAnswers } from "./body/0001-general-answer.ts";
import { registration, registrationAnswer } from "./body/0100-register.ts";
import { authentication } from "./body/0102-authenticate.ts";
import { locationReport } from "./body/0200-location.ts";
import { locationBatch } from "./body/0704-location-batch.ts";
import { timeAnswer } from "./body/8004-time-answer.ts";
import type { MessageRow } from "./message.ts";

export const messages: readonly MessageRow[] = Object.freeze([
  ...generalAnswers,
  ...emptyMessages,
  timeAnswer,
  registration,
  registrationAnswer,
  authentication,
  locationReport,
  locationBatch,
]);
