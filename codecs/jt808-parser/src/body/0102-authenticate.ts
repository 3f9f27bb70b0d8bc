// A table. Authentication: the code that registration gave; 2019 puts a length before it and tells the terminal's IMEI
// and software version behind it. (The table of 2019 prints wrong offsets; order and widths are right.)

import { countedText, field, fixedText, record, restText } from "../layout.ts";
import { versionedMessage } from "../message.ts";

const code = record([field("code", restText)]);

export const authentication = versionedMessage(0x0102, "up", "authenticate", {
  2011: code,
  2013: code,
  2019: record([field("code", countedText(1)), field("imei", fixedText(15)), field("software_version", fixedText(20))]),
});
