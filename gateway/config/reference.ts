// The reference page of the configuration, written from the schema, so that it cannot say anything else.

import { alternatives, describeSchema } from "./schema-walk.ts";
import type { JsonSchema } from "./schema-walk.ts";

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

const INTRODUCTION = `# Configuration

This page is generated from the configuration's schema (\`npm run docs\`); the schema itself is
[config.schema.json](config.schema.json), for editors: \`# yaml-language-server: $schema=…\`.

\`tributary start --config tributary.yaml\` reads one YAML file. Without one the gateway serves MQTT on 1883, WebSocket on
8083 (\`/mqtt\`), HTTP on 8080 and JT/T 808 on 6808, all on 127.0.0.1 and for anybody on this machine. With one, **only the
adapters that it names run**; \`mqtt: {}\` is enough to name one whose listeners have defaults.

\`\`\`yaml
anonymous: allow            # allow | deny | allow-anywhere
users: [{ name: acme/truck-7, password: "$scrypt$…" }]       # from \`tributary passwd\`
acl:   [{ allow: publish, topic: "jt808/%c/#" }, { deny: all, topic: "#" }]
adapters:
  mqtt:  { listeners: [{ host: 127.0.0.1, port: 1883 }, { port: 8883, tls: { cert: server.pem, key: server.key, ca: clients.pem }, proxyProtocol: { mode: require, trusted: [10.0.0.0/8] } }] }
  jt808: { listeners: [{ port: 6808, profile: native }] }
\`\`\`

- **Checks.** \`tributary check-config --config FILE\` tells every problem as \`file:line:column: what, expected what\` and ends
  with code 78, as \`start\` does. An unknown key is an error. \`--print\` shows the configuration in force, each value with
  its origin and secrets masked.
- **Who gets in.** \`anonymous: allow\` is refused while a listener is bound to another address than loopback; who means it
  writes \`allow-anywhere\`. An admin listener that is not on loopback needs \`admin.token\`.
- **Variables in values.** \`\${VAR}\` and \`\${VAR:default}\`; \`$\${\` is a plain \`\${\`. Inside of \`{ }\` and \`[ ]\` put quotes
  around them; the value still becomes a number where its key wants one.
- **Single keys from the environment.** \`TRIBUTARY__LIMITS__SESSIONS_MAX=500\` sets \`limits.sessionsMax\`,
  \`TRIBUTARY__ADAPTERS__MQTT__LISTENERS__0__PORT=1884\` the port of the first MQTT listener: \`__\` between keys, indexes for
  lists (one past the end adds an entry), case and single \`_\` do not matter. Lists and mappings may be given as YAML
  (\`TRIBUTARY__USERS='[{ name: bob, tokens: [...] }]'\`). With \`_FILE\` behind the name the value is read from that file.
- **Ports.** 0 is any free port; \`--ports-file FILE\` writes the real ones as one JSON object when everything is bound
  (\`mqtt\` is the adapter's first listener, \`mqtt.1\` its second; \`admin\` is in it, too).
- **Signals.** SIGTERM and SIGINT: \`/readyz\` says no, after \`shutdown.drainDelayMs\` the listeners close, running work may
  end, and the process ends with code 0 within \`shutdown.deadlineMs\`; a second signal ends it at once. SIGHUP: certificates
  are read again; what cannot be read is logged, and the old ones stay in use. Other changes need a restart.
- **Exit codes.** 0; 64 wrong use; 69 a port is in use or cannot be had; 70 a defect of the gateway; 78 the configuration.
- **Output.** The table of listeners and \`ready in N ms\` on standard output; the log as JSON lines on standard error.
`;

/** Markdown. The adapters' keys have a section each. */
export function referencePage(schema: JsonSchema): string {
  const sections = [INTRODUCTION];
  const { adapters, ...own } = schema.properties ?? {};
  sections.push(section("Keys of the gateway", rowsOf({ ...schema, properties: own }, "")));
  for (const [name, adapter] of Object.entries(adapters?.properties ?? {})) {
    const description = adapter.description === undefined ? "" : `${adapter.description}\n\n`;
    sections.push(section(`adapters.${name}`, rowsOf(adapter, ""), description));
  }
  return sections.join("\n");
}

function section(title: string, rows: readonly Row[], description = ""): string {
  const lines = rows.map(({ key, type, fallback, text }) => `| \`${key}\` | ${type} | ${fallback} | ${text} |`);
  const head = "| Key | Value | Default | Meaning |\n|---|---|---|---|";
  return `## ${title}\n\n${description}${head}\n${lines.join("\n")}\n`;
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  const rows: Row[] = [];
  for (const branch of alternatives(schema)) {
    for (const [name, inner] of Object.entries(branch.properties ?? {})) {
      const key = prefix === "" ? name : `${prefix}.${name}`;
      const isRequired = branch.required?.includes(name) ?? false;
      rows.push(rowOf(key, inner, isRequired), ...rowsOf(inner, key));
    }
    if (branch.items !== undefined) rows.push(...rowsOf(branch.items, `${prefix}[]`));
  }
  return rows;
}

function rowOf(key: string, schema: JsonSchema, isRequired: boolean): Row {
  const isWithin = alternatives(schema).every((branch) => branch.properties !== undefined);
  const missing = isRequired ? "required" : "";
  const value = schema.default === undefined ? missing : `\`${JSON.stringify(schema.default)}\``;
  return {
    key,
    type: cell(describeSchema(schema)),
    // The defaults of what is within stand in rows of their own.
    fallback: cell(isWithin && schema.default !== undefined ? "" : value),
    text: cell(schema.description ?? ""),
  };
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
