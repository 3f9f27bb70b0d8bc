// What users write under `adapters.line`: listeners as every stream adapter has them, nothing else.

import { Type } from "typebox";
import { streamListenerSchema } from "../../net/config.ts";

const listeners = Type.Array(streamListenerSchema, { minItems: 1, description: "Ports to listen on." });
export const lineConfigSchema = Type.Object({ listeners }, { additionalProperties: false });
export type LineConfig = Type.Static<typeof lineConfigSchema>;
