/** What is being written in each room: kept across reloads, and the same in every tab. */
import { SvelteMap } from "svelte/reactivity";
import type { Draft, Kept } from "../kept/database";

const SAVE_AFTER = 300;

export class Drafts {
  readonly #all = new SvelteMap<number, Draft>();
  readonly #unsaved = new Map<number, Draft>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly kept: Kept,
    private readonly told: (draft: Draft) => void,
  ) {}

  async load(): Promise<void> {
    for (const draft of await this.kept.drafts()) this.#all.set(draft.room, draft);
  }

  of(room: number): Draft {
    return this.#all.get(room) ?? { room, text: "", replyTo: null };
  }

  has(room: number): boolean {
    return this.of(room).text.trim() !== "";
  }

  change(draft: Draft): void {
    this.#all.set(draft.room, draft);
    this.#unsaved.set(draft.room, draft);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVE_AFTER);
  }

  /** Another tab says. */
  hear(draft: Draft): void {
    this.#all.set(draft.room, draft);
  }

  save(): void {
    clearTimeout(this.#timer);
    for (const draft of this.#unsaved.values()) {
      void this.kept.keepDraft(draft);
      this.told(draft);
    }
    this.#unsaved.clear();
  }
}
