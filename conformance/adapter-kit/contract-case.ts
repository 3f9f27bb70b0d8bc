// One case of the contract suite: its name, when it does not apply, and what it does.

import type { CaseName, ContractSubject } from "./driver.ts";

export interface ContractCase {
  readonly name: string;
  /** Under which name a subject may set it aside. */
  readonly optional?: CaseName;
  /** Why it does not apply to this subject, or null. */
  exclude?(subject: ContractSubject): string | null;
  /** `say` prints a line under the case: how much was tried, what was left out. */
  run(subject: ContractSubject, say: (text: string) => void): Promise<void>;
}

/** The reason why a case is not run, or null. */
export function reasonToSkip(one: ContractCase, subject: ContractSubject): string | null {
  const setAside = one.optional === undefined ? undefined : subject.inapplicable?.[one.optional];
  return setAside ?? one.exclude?.(subject) ?? null;
}

export function needsPublish(subject: ContractSubject): string | null {
  return subject.module.capabilities.publish ? null : "devices of this protocol do not publish";
}

export function needsExclusive(subject: ContractSubject): string | null {
  return subject.driver.exclusive ? null : "requests share their client id: no connection holds it";
}

/** Deliveries reach a device that subscribes, or one that is connected and addressed. */
export function needsDelivery(subject: ContractSubject): string | null {
  return subject.driver.deliveryQos.length > 0 ? null : "nothing is sent to devices of this protocol";
}
