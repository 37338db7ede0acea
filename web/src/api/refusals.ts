/** What could not be done, for the person who wanted it. */
import { Refused } from "./http";
import { fieldSentence, sentence } from "../i18n/errors";
import { t } from "../i18n/translate.svelte";

/** Refusals that are about one field of a form, though the server names none: it stands against what is there. */
const FIELDS: Readonly<Record<string, string>> = {
  username_taken: "username",
  username_lookalike: "username",
  display_name_lookalike: "display_name",
  room_name_taken: "name",
  wrong_password: "current",
};

export interface Refusals {
  /** A sentence for each field that is wrong. */
  readonly fields: ReadonlyMap<string, string>;
  /** What is wrong besides; empty when the fields say it all. */
  readonly rest: string;
}

export const NONE: Refusals = { fields: new Map(), rest: "" };

/** Each beside its field, for a form with these fields; what is about no field of it is the rest. */
export function refusals(problem: unknown, ...form: readonly string[]): Refusals {
  if (!(problem instanceof Refused)) return { fields: new Map(), rest: t("door.unreachable") };
  const own = FIELDS[problem.reason ?? ""];
  if (own !== undefined && form.includes(own)) return { fields: new Map([[own, sentence(problem)]]), rest: "" };
  const fields = new Map<string, string>();
  const rest: string[] = [];
  for (const error of problem.fields) {
    if (form.includes(error.field)) fields.set(error.field, fieldSentence(error));
    else rest.push(fieldSentence(error));
  }
  return { fields, rest: problem.fields.length === 0 ? sentence(problem) : rest.join(" ") };
}

/** In one text, where there is no form. */
export function reason(problem: unknown): string {
  return refusals(problem).rest;
}
