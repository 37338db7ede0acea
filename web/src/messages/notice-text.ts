/** What happened in a room, in words: one notice, or many of them together. */
import type { Notice, Sender } from "../api/shapes";
import { isolated } from "../i18n/isolated";
import { currentLanguage, t } from "../i18n/translate.svelte";
import type { People } from "../core/entities/people.svelte";

/** People who are named where there are more of them. */
const NAMED = 2;

export function sentence(notice: Notice, people: People): string {
  const name = called(notice.actor, people);
  const count = 1;
  const names = listed((notice.users ?? []).map((user) => called(user, people)));
  const [old, fresh] = [notice.old, notice.new].map((text) => (text == null ? text : isolated(text)));
  switch (notice.kind) {
    case "joined":
      return t("notice.joined", { names: name, count });
    case "left":
      return t("notice.left", { names: name, count });
    case "added":
      return t("notice.added", { name, names });
    case "removed":
      return t("notice.removed", { name, names });
    case "renamed":
      if (fresh == null) return t("notice.unnamed", { name });
      return old == null ? t("notice.named", { name, fresh }) : t("notice.renamed", { name, old, fresh });
    case "topic":
      return fresh == null ? t("notice.topicGone", { name }) : t("notice.topic", { name, fresh });
    case "created":
    case "archived":
    case "unarchived":
    case "pinned":
    case "unpinned":
    case "made_public":
    case "made_private":
      return t(`notice.${notice.kind}`, { name });
    default:
      // A kind that a later server has.
      return t("notice.changed", { name });
  }
}

/** Who came and who went, by name as far as there is room, and how much else there was. */
export function summary(notices: readonly Notice[], people: People): string {
  const who = (kind: Notice["kind"]): string[] => {
    const found = notices.filter((notice) => notice.kind === kind);
    const users = found.flatMap((notice) => (notice.users?.length ? notice.users : [notice.actor]));
    return [...new Map(users.map((user) => [user.id, called(user, people)])).values()];
  };
  const phrases: string[] = [];
  for (const kind of ["joined", "added", "left", "removed"] as const) {
    const all = who(kind);
    if (all.length === 0) continue;
    const key = kind === "added" || kind === "removed" ? (`notice.${kind}Many` as const) : (`notice.${kind}` as const);
    phrases.push(t(key, { names: shortly(all), count: all.length }));
  }
  const count = notices.filter(({ kind }) => !["joined", "added", "left", "removed"].includes(kind)).length;
  if (count > 0) phrases.push(t("notice.changes", { count }));
  return phrases.join(" · ");
}

function called(user: Sender, people: People): string {
  return isolated(people.get(user.id)?.display_name ?? user.display_name);
}

function shortly(names: readonly string[]): string {
  if (names.length <= NAMED + 1) return listed(names);
  return listed([...names.slice(0, NAMED), t("notice.others", { count: names.length - NAMED })]);
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat(currentLanguage(), { type: "conjunction" }).format(names);
}
