/**
 * What is being written, each in its place: in a room, in a thread, in the edit of a message. Kept across reloads and
 * crashes, and the same in every tab.
 *
 * The database is written while one types, a few times a second. Its transactions may not end any more when the page is
 * left, so what is not saved by then goes where writing is synchronous, and from there into the database at the next start.
 */
import { SvelteMap } from "svelte/reactivity";
import type { Kept } from "./database";
import type { Draft } from "./schema";
import { keepLast, takeLast } from "./last-drafts";

/** Milliseconds, and what each letter adds to them: a million letters are written every few seconds. */
const SAVE_EVERY = 300;
const FOR_A_LETTER = 0.005;

export interface DraftPlace {
  readonly room: number;
  /** The root of the thread it is a reply in. */
  readonly thread?: number | null;
  /** The message of which it is a new version. */
  readonly edit?: number | null;
}

export class Drafts {
  readonly #all = new SvelteMap<string, Draft>();
  /** Milliseconds by which the server's clock is ahead of this one. */
  ahead = 0;
  readonly #unsaved = new Map<string, Draft>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly me: number,
    private readonly kept: Kept,
    private readonly told: (draft: Draft) => void,
  ) {}

  async load(): Promise<void> {
    for (const draft of await this.kept.drafts()) this.#all.set(draft.key, draft);
    for (const draft of takeLast(this.me)) this.put(draft);
  }

  of(place: DraftPlace): Draft {
    const key = keyOf(place);
    return this.#all.get(key) ?? { key, room: place.room, text: "", replyTo: null, editing: null };
  }

  /** Whether something was begun in the room, in one of its threads or in an edit. */
  has(room: number): boolean {
    for (const draft of this.#all.values()) if (draft.room === room && draft.text.trim() !== "") return true;
    return false;
  }

  /** All that was begun and holds text. */
  begun(): Draft[] {
    return [...this.#all.values()].filter((draft) => draft.text.trim() !== "");
  }

  /** Typed here, now. */
  change(draft: Draft): void {
    const before = this.#all.get(draft.key);
    const isTyped = draft.text !== (before?.text ?? "") || draft.replyTo !== (before?.replyTo ?? null);
    const isSynced = isTyped && placeOf(draft) !== null;
    // Later than what it is written over, whatever the clocks say.
    this.put(isSynced ? { ...draft, at: Math.max(Date.now() + this.ahead, (before?.at ?? 0) + 1) } : draft);
  }

  /** As it is, with its time: what another device typed, or the server has. */
  put(draft: Draft): void {
    this.#all.set(draft.key, draft);
    this.#unsaved.set(draft.key, draft);
    this.#timer ??= setTimeout(() => this.save(), SAVE_EVERY + draft.text.length * FOR_A_LETTER);
  }

  discard(draft: Draft): void {
    this.change({ ...draft, text: "", replyTo: null, editing: null });
    this.save();
  }

  /** Those that the server does not have as they are. */
  unsynced(): Draft[] {
    return [...this.#all.values()].filter(isUnsynced);
  }

  /** Another tab says. */
  hear(draft: Draft): void {
    if ((this.#all.get(draft.key)?.at ?? 0) <= (draft.at ?? 0)) this.#all.set(draft.key, draft);
  }

  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const draft of this.#unsaved.values()) {
      void this.kept.keepDraft(draft).catch(() => undefined);
      this.told(draft);
    }
    this.#unsaved.clear();
  }

  /** The page is left, or hidden and perhaps never shown again. */
  leave(): void {
    keepLast(this.me, [...this.#unsaved.values()]);
    this.save();
  }
}

export function isUnsynced(draft: Draft): boolean {
  return draft.at !== draft.synced;
}

/** The room and the root of the thread, 0 for none; null for an edit, which stays on this device. */
export function placeOf(draft: Draft): { readonly room: number; readonly root: number } | null {
  const [, kind, seq] = draft.key.split("/");
  return kind === "edit" ? null : { room: draft.room, root: Number(seq ?? 0) };
}

function keyOf({ room, thread, edit }: DraftPlace): string {
  if (edit != null) return `${room}/edit/${edit}`;
  return thread != null ? `${room}/thread/${thread}` : `${room}`;
}
