/**
 * Drafts on their way from device to device. The last writer wins by the time of typing, and the server is the judge.
 *
 * What is typed here and is not at the server yet is never replaced by what comes from there: it is sent, and gives way
 * only when the server says that something was typed later elsewhere. Then it can still be brought back.
 */
import { answer, http, Refused } from "../../api/http";
import type { Draft as Told } from "../../api/shapes";
import { PASSING } from "../outbox/outbox";
import { isUnsynced, placeOf } from "../persistence/drafts.svelte";
import type { Draft } from "../persistence/schema";
import type { Keeping } from "./keeping";

// Milliseconds: after the last key, while one types on without a pause, and after what did not work.
const PAUSE = 700;
const LONGEST = 3_000;
const AGAIN = 5_000;

export class DraftSync {
  /** By key of the draft: since when it waits, and the timer that sends it. */
  readonly #waiting = new Map<string, { readonly since: number; readonly timer: ReturnType<typeof setTimeout> }>();
  readonly #sending = new Set<string>();
  /** Refused for good, such as one that is too long: kept here until it is typed on. */
  readonly #refused = new Map<string, number | undefined>();

  constructor(private readonly keeping: Keeping) {}

  /** A new connection: what the server has comes, what it does not have goes. */
  async connected(): Promise<void> {
    const { drafts } = this.keeping;
    const before = new Map(drafts.begun().map((draft) => [draft.key, draft]));
    try {
      const told = (await answer(http.GET("/api/drafts"))).drafts;
      for (const one of told) this.#came(one);
      const there = new Set(told.map(({ room, thread }) => drafts.of({ room, thread: thread ?? null }).key));
      for (const [key, draft] of before) {
        const isGone = !there.has(key) && draft.synced !== undefined && !isUnsynced(draft);
        if (isGone && this.#isMine(draft) && this.#now(draft) === draft) this.#clear(draft);
      }
    } catch {
      // Asked again with the next connection; what was typed here is sent all the same.
    }
    for (const draft of drafts.unsynced()) this.#send(draft.key);
    for (const draft of drafts.begun()) if (draft.at === undefined) this.#adopt(draft);
  }

  /** The stream tells that a draft was saved or removed, here or on another device. */
  changed(room: number, root: number): void {
    const draft = this.keeping.drafts.of({ room, thread: root === 0 ? null : root });
    // Typed here since: the server decides when it is sent.
    if (!isUnsynced(draft)) void this.#fetch(draft).catch(() => undefined);
  }

  /** Changed here, in one of this browser's tabs. */
  typed(draft: Draft): void {
    if (!isUnsynced(draft) || placeOf(draft) === null) return;
    const before = this.#waiting.get(draft.key);
    clearTimeout(before?.timer);
    const now = performance.now();
    const since = before?.since ?? now;
    const wait = draft.text === "" ? 0 : Math.max(0, Math.min(PAUSE, since + LONGEST - now));
    this.#waiting.set(draft.key, { since, timer: setTimeout(() => this.#send(draft.key), wait) });
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  /** Begun before drafts had times: typed now, as far as anybody knows. */
  #adopt(draft: Draft): void {
    if (placeOf(draft) === null) return;
    this.keeping.drafts.put({ ...draft, at: Date.now() + this.keeping.drafts.ahead });
    this.keeping.drafts.save();
  }

  #send(key: string): void {
    clearTimeout(this.#waiting.get(key)?.timer);
    this.#waiting.delete(key);
    if (!this.#sending.has(key)) void this.#put(key);
  }

  async #put(key: string): Promise<void> {
    const draft = this.keeping.drafts.unsynced().find((one) => one.key === key);
    const place = draft === undefined ? null : placeOf(draft);
    if (draft?.at === undefined || place === null || !this.keeping.isOpen()) return;
    if (this.#refused.get(key) === draft.at) return;
    this.#sending.add(key);
    try {
      await save(place, draft, new Date(draft.at).toISOString());
      this.#settled(draft);
    } catch (problem) {
      await this.#failed(draft, problem);
    } finally {
      this.#sending.delete(key);
    }
    const now = this.#now(draft);
    if (isUnsynced(now)) this.typed(now);
  }

  async #failed(draft: Draft, problem: unknown): Promise<void> {
    const isLater = problem instanceof Refused && problem.reason === "newer_draft";
    if (isLater) {
      const before = this.#now(draft);
      await this.#fetch(before).catch(() => this.#later(draft.key));
    } else if (problem instanceof Refused && !PASSING.has(problem.code)) {
      this.#refused.set(draft.key, draft.at);
    } else this.#later(draft.key);
  }

  #later(key: string): void {
    const timer = setTimeout(() => this.#send(key), AGAIN);
    clearTimeout(this.#waiting.get(key)?.timer);
    this.#waiting.set(key, { since: performance.now(), timer });
  }

  /** The server has this text; it may have been typed on since. */
  #settled(draft: Draft): void {
    const now = this.#now(draft);
    this.#keep({ ...now, synced: draft.at ?? 0 });
  }

  /** Read what the server has, in place of `known`, which is left alone if it was typed on meanwhile. */
  async #fetch(known: Draft): Promise<void> {
    const place = placeOf(known);
    if (place === null) return;
    try {
      const found = await read(place);
      if (found !== null) this.#came(found, known);
      else if (this.#now(known) === known) this.#clear(known);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
    }
  }

  #came(told: Told, known?: Draft): void {
    const { drafts } = this.keeping;
    const here = drafts.of({ room: told.room, thread: told.thread ?? null });
    const at = Date.parse(told.at);
    const isNewer = at > (here.at ?? 0);
    if (!isNewer || (isUnsynced(here) && here !== known)) return;
    const mine = here.text.trim();
    if (isUnsynced(here) && mine !== "" && !told.content.includes(mine)) this.keeping.listener.superseded(here);
    this.#keep({ ...here, text: told.content, replyTo: told.reply_to ?? null, at, synced: at });
  }

  #clear(draft: Draft): void {
    if (isUnsynced(draft) && draft.text.trim() !== "") this.keeping.listener.superseded(draft);
    this.#keep({ ...draft, text: "", replyTo: null, synced: draft.at ?? 0 });
  }

  #keep(draft: Draft): void {
    this.keeping.drafts.put(draft);
    this.keeping.drafts.save();
  }

  #now(draft: Draft): Draft {
    const place = placeOf(draft) ?? { room: draft.room, root: 0 };
    return this.keeping.drafts.of({ room: place.room, thread: place.root === 0 ? null : place.root });
  }

  #isMine({ room }: Draft): boolean {
    return this.keeping.rooms.get(room)?.room.me != null;
  }
}

function save({ room, root }: { room: number; root: number }, draft: Draft, at: string): Promise<unknown> {
  const body = { content: draft.text, at, ...(draft.replyTo !== null && { reply_to: draft.replyTo }) };
  const query = { at };
  const isEmpty = draft.text.trim() === "";
  if (root === 0) {
    const path = { room };
    const url = "/api/drafts/{room}";
    return answer<unknown>(
      isEmpty ? http.DELETE(url, { params: { path, query } }) : http.PUT(url, { params: { path }, body }),
    );
  }
  const path = { room, thread: root };
  const url = "/api/drafts/{room}/{thread}";
  return answer<unknown>(
    isEmpty ? http.DELETE(url, { params: { path, query } }) : http.PUT(url, { params: { path }, body }),
  );
}

/** Null if there is none. */
async function read({ room, root }: { room: number; root: number }): Promise<Told | null> {
  const query = { missing: "empty" as const };
  const found: Told | null | undefined = await (root === 0
    ? answer(http.GET("/api/drafts/{room}", { params: { path: { room }, query } }))
    : answer(http.GET("/api/drafts/{room}/{thread}", { params: { path: { room, thread: root }, query } })));
  return found ?? null;
}
