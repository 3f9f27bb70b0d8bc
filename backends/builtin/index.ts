// The back end that is always there: users, tokens, anonymous access and the access list, from the configuration.

export { AccessList, AllowAll } from "./access-list.ts";
export { accessRuleProblems, accessRuleSchema, userProblems, userSchema } from "./config.ts";
export type { AccessRule, UserEntry } from "./config.ts";
export { hashPassword } from "./password-hash.ts";
export { Anonymous, BuiltinUsers } from "./users.ts";
