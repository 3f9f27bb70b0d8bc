// What a schema cannot say about a configuration: names that occur twice, hashes, and who may get in from where.

import { isIPv4 } from "node:net";

import { accessRuleProblems, userProblems } from "../../backends/builtin/index.ts";
import { formatPath } from "./problem.ts";
import type { ConfigProblem, Path } from "./problem.ts";
import type { Settings } from "./schema.ts";
import type { ConfigTree } from "./tree.ts";

/** As much of an adapter's configuration as is the gateway's business. */
interface WithListeners {
  readonly listeners?: readonly { readonly host?: string }[];
}

export function ruleProblems(settings: Settings, tree: ConfigTree): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (path: Path, text: string) => problems.push({ place: tree.placeOf(path), text });
  for (const { path, text } of userProblems(settings.users)) {
    add(["users", ...path], `${formatPath(["users", ...path])}: ${text}`);
  }
  for (const { path, text } of accessRuleProblems(settings.acl ?? [])) {
    add(["acl", ...path], `${formatPath(["acl", ...path])}: ${text}`);
  }
  for (const [index, { until }] of settings.bans.entries()) {
    if (until === undefined || !Number.isNaN(Date.parse(until))) continue;
    const path = ["bans", index, "until"];
    add(path, `${formatPath(path)}: ${until} is not in any calendar, expected a date and time that exist`);
  }
  const { admin } = settings;
  if (admin.enabled && admin.token === undefined && !isLoopback(admin.host)) {
    add(
      ["admin", "host"],
      `admin.host is ${admin.host}, where anybody could use the admin API: expected admin.token as well, or a loopback address`,
    );
  }
  if (settings.anonymous === "allow") {
    for (const [path, host] of foreignHosts(settings)) {
      add(
        path,
        `${formatPath(path)} is ${host}, and anonymous: allow would let anybody in from there, expected anonymous: deny, a loopback address, or anonymous: allow-anywhere if that is meant`,
      );
    }
  }
  return problems;
}

function foreignHosts(settings: Settings): [path: Path, host: string][] {
  const found: [Path, string][] = [];
  for (const [name, config] of Object.entries(settings.adapters)) {
    for (const [index, listener] of ((config as WithListeners).listeners ?? []).entries()) {
      const host = listener.host ?? "127.0.0.1";
      if (!isLoopback(host)) found.push([["adapters", name, "listeners", index, "host"], host]);
    }
  }
  return found;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
