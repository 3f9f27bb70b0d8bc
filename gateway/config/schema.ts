// The whole configuration as one JSON Schema: the gateway's own keys, and each adapter's schema under its name. Types,
// defaults, validation, the published schema and the reference page all come from here.

import { hostname } from "node:os";

import { Type } from "typebox";
import type { TSchema } from "typebox";

import { accessRuleSchema, userSchema } from "../../backends/builtin/index.ts";
import type { AccessRule, UserEntry } from "../../backends/builtin/index.ts";
import type { AdapterModule } from "../../core/index.ts";
import type { CoreLimits } from "../../core/limits.ts";
import type { NetKit } from "../../net/kit.ts";
import { limitsSchema } from "./limits-schema.ts";
import type { JsonSchema } from "./schema-walk.ts";

/** A configuration that was checked, with every default filled in. */
export interface Settings {
  readonly node?: string;
  readonly anonymous: "allow" | "deny" | "allow-anywhere";
  readonly users: readonly UserEntry[];
  readonly acl?: readonly AccessRule[];
  readonly bans: readonly BanEntry[];
  readonly limits: CoreLimits;
  readonly log: { readonly level: "debug" | "info" | "warn" | "error" | "silent" };
  readonly shutdown: { readonly drainDelayMs: number; readonly deadlineMs: number };
  readonly admin: AdminSettings;
  readonly adapters: Readonly<Record<string, unknown>>;
}

/** One entry of `bans`, as users write it. */
export interface BanEntry {
  readonly kind: "client" | "user" | "address";
  readonly value: string;
  readonly until?: string;
}

export interface AdminSettings {
  readonly enabled: boolean;
  readonly host: string;
  readonly port: number;
  readonly token?: string;
}

export type Module = AdapterModule<object, NetKit>;

const USERS_MAX = 100_000;
const RULES_MAX = 10_000;
const TOKEN_MIN = 16;

function choice(names: readonly string[], value: string, description: string): TSchema {
  return Type.Union(
    names.map((name) => Type.Literal(name)),
    { default: value, description },
  );
}

const logSchema = Type.Object(
  {
    level: choice(
      ["debug", "info", "warn", "error", "silent"],
      "info",
      "Least important line that is written (as JSON, to standard error).",
    ),
  },
  { additionalProperties: false, default: {}, description: "One line for each change of state, none for a message." },
);

const shutdownSchema = Type.Object(
  {
    drainDelayMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 600_000,
      description: "How long /readyz says no before listeners close, ms: time for a load balancer to notice.",
    }),
    deadlineMs: Type.Integer({
      default: 10_000,
      minimum: 100,
      maximum: 600_000,
      description: "How long running work may take to end after that, ms.",
    }),
  },
  { additionalProperties: false, default: {}, description: "What SIGTERM begins." },
);

const banSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal("client"), Type.Literal("user"), Type.Literal("address")], {
      description: "What `value` names: a client id, a user (with its tenant: `tenant/user`), or the peer's address.",
    }),
    value: Type.String({ minLength: 1, maxLength: 65_535, description: "Who is banned, to the letter." }),
    until: Type.Optional(
      Type.String({
        pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$`,
        description: "When the ban ends, as `2026-12-31T23:59:00Z`; without it, never.",
      }),
    ),
  },
  { additionalProperties: false },
);

const adminSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: "Whether there is an admin listener." }),
    host: Type.String({ default: "127.0.0.1", minLength: 1, description: "Address to listen on." }),
    port: Type.Integer({ default: 18083, minimum: 0, maximum: 65_535, description: "TCP port; 0 = any free one." }),
    token: Type.Optional(
      Type.String({
        minLength: TOKEN_MIN,
        writeOnly: true,
        description:
          "Bearer token that requests must carry (except /livez, /readyz and /healthz). Required where host is not a loopback address.",
      }),
    ),
  },
  { additionalProperties: false, default: {}, description: "Health, metrics and the admin API." },
);

/** Needs the modules, because each brings the schema of its own key. */
export function configSchema(modules: readonly Module[]): JsonSchema {
  const adapters: Record<string, TSchema> = {};
  for (const module of modules) adapters[module.name] = Type.Optional(Type.Unsafe(module.configSchema as TSchema));
  return Type.Object(
    {
      node: Type.Optional(
        Type.String({ minLength: 1, maxLength: 255, description: "Name of this node; the host's name by default." }),
      ),
      anonymous: choice(
        ["allow", "deny", "allow-anywhere"],
        "deny",
        "Whether who gives no credentials (or a name that nobody has) may connect. `allow` is refused while a listener is bound to another address than loopback; `allow-anywhere` is not.",
      ),
      users: Type.Array(userSchema, { default: [], maxItems: USERS_MAX, description: "Who may connect." }),
      acl: Type.Optional(
        Type.Array(accessRuleSchema, {
          maxItems: RULES_MAX,
          description:
            "Who may publish and subscribe to what: the first rule that matches decides, and what no rule matches is denied. Without this key everything is allowed.",
        }),
      ),
      bans: Type.Array(banSchema, {
        default: [],
        maxItems: RULES_MAX,
        description: "Who may not connect, whatever credentials they have.",
      }),
      limits: limitsSchema,
      log: logSchema,
      shutdown: shutdownSchema,
      admin: adminSchema,
      adapters: Type.Object(adapters, {
        additionalProperties: false,
        default: {},
        description: "The protocols to serve. Only what is named here runs.",
      }),
    },
    { additionalProperties: false },
  ) as JsonSchema;
}

export function nodeName(settings: Settings): string {
  return settings.node ?? hostname();
}
