// The core that hostile peers meet: everybody is who they say and may do everything, within the scene's small limits.

import { createCore } from "../../../core/compose.ts";
import { Scene } from "../scene.ts";

export function openScene(): Scene {
  return new Scene((clock, log, limits) =>
    createCore({
      node: "hostile-input",
      clock,
      log,
      authenticators: [{ name: "trusting", authenticate: async (_, { user }) => ({ tenant: "", user: user ?? "" }) }],
      authorizer: { rulesFor: async () => ({ mayPublish: () => true, maySubscribe: () => true }) },
      limits,
    }),
  );
}
