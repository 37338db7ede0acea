/**
 * Edits, reactions and read markers on their way: shown at once, kept in the browser until the server has them, carried
 * out one after the other, again after anything that passes.
 */
import { SvelteMap } from "svelte/reactivity";
import { answer, http, Refused } from "../../api/http";
import type { Message } from "../../api/shapes";
import type { Kept } from "../persistence/database";
import {
  done,
  failed,
  given,
  isRead,
  keyOf,
  next,
  shown,
  type Command,
  type Commands as List,
  type EditCommand,
  type Given,
} from "./commands";
import { PASSING } from "./outbox";
import { reason } from "../../api/refusals";

// All in milliseconds.
/** Before what did not work is tried again. */
const AGAIN = 2_000;
const LONGEST = 60_000;
/** Until the event of what was carried out has come, if it comes at all. */
const TOLD = 300;

export class Commands {
  #all: List = [];
  /** By message, so that only its own row is drawn anew. */
  readonly #of = new SvelteMap<string, List>();
  /** Edits that were refused for good. */
  refused = $state.raw<readonly EditCommand[]>([]);
  /** The server has them; shown until its events have come. */
  readonly #carriedOut = new Set<Command>();
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    private readonly kept: Kept,
    private readonly me: number,
    private readonly isOpen: () => boolean,
    /** The server refuses it for good. */
    private readonly refuse: (problem: Refused) => void,
  ) {}

  /** What an earlier page left. */
  async load(): Promise<void> {
    const here = new Set(this.#all.map((command) => command.key));
    const found = (await this.kept.commands()).filter((command) => !here.has(command.key));
    this.#set([...found, ...this.#all]);
  }

  /** The message as it will be. */
  shown(message: Message): Message {
    const about = this.#of.get(placeOf(message));
    return about === undefined ? message : shown(message, about, this.me);
  }

  give(wanted: Given): void {
    const command = { ...wanted, key: keyOf(wanted), writtenAt: Date.now() } as Command;
    const before = this.#all;
    this.#set(given(before, command));
    if (this.#all === before) return;
    void this.kept.keepCommand(command);
    void this.run();
  }

  /** Those that wait are carried out, as long as there is a connection. */
  async run(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const command = next(this.#all.filter((one) => !this.#carriedOut.has(one)));
        if (command === undefined || !this.isOpen()) return;
        const wait = await this.#carryOut(command);
        if (wait === null) continue;
        if (!this.#stopped) this.#timer = setTimeout(() => void this.run(), wait);
        return;
      }
    } finally {
      this.#busy = false;
    }
  }

  retry({ room, seq, content, roomName }: EditCommand): void {
    this.give({ what: "edit", room, seq, content, ...(roomName === undefined ? {} : { roomName }) });
  }

  discard(command: Command): void {
    this.#drop(command);
    this.#end(command);
  }

  /** As it was before it was discarded. */
  restore(command: Command): void {
    this.#set([...this.#all, command]);
    void this.kept.keepCommand(command);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Milliseconds after which to try again; null when it is done with. */
  async #carryOut(command: Command): Promise<number | null> {
    try {
      await call(command);
      this.#carriedOut.add(command);
      this.#drop(command);
      setTimeout(() => this.#end(command), TOLD);
    } catch (problem) {
      if (!(problem instanceof Refused)) return AGAIN;
      if (PASSING.has(problem.code)) return Math.min(LONGEST, Math.max(AGAIN, (problem.retry_after ?? 0) * 1000));
      if (command.what === "edit") this.#fail(command, problem);
      else {
        this.discard(command);
        if (command.what === "react") this.refuse(problem);
      }
    }
    return null;
  }

  #end(command: Command): void {
    this.#carriedOut.delete(command);
    this.#set(done(this.#all, command));
  }

  /** Out of the browser's database, unless another one has taken its place there. */
  #drop(command: Command): void {
    if (this.#all.some((other) => other.key === command.key && other !== command)) return;
    void this.kept.dropCommand(command.key);
  }

  #fail(command: EditCommand, problem: Refused): void {
    this.#set(failed(this.#all, command, reason(problem)));
    const kept = this.#all.find((other) => other.key === command.key);
    if (kept !== undefined) void this.kept.keepCommand(kept);
    this.refuse(problem);
  }

  #set(all: List): void {
    const touched = new Set([...this.#all, ...all].filter((one) => !(this.#all.includes(one) && all.includes(one))));
    this.#all = all;
    for (const place of new Set([...touched].map(placeOf))) {
      const about = all.filter((command) => !isRead(command) && placeOf(command) === place);
      if (about.length > 0) this.#of.set(place, about);
      else this.#of.delete(place);
    }
    this.refused = all.filter((command): command is EditCommand => command.what === "edit" && command.problem != null);
  }
}

function placeOf({ room, seq }: { readonly room: number; readonly seq: number }): string {
  return `${room} ${seq}`;
}

function call(command: Command): Promise<unknown> {
  const path = { room: command.room, seq: command.seq };
  switch (command.what) {
    case "edit":
      return answer(
        http.PATCH("/api/rooms/{room}/messages/{seq}", { params: { path }, body: { content: command.content } }),
      );
    case "react": {
      const params = { path: { ...path, emoji: command.emoji } };
      const url = "/api/rooms/{room}/messages/{seq}/reactions/{emoji}";
      return answer<unknown>(command.on ? http.PUT(url, { params }) : http.DELETE(url, { params }));
    }
    case "read":
      return answer(
        http.PUT("/api/rooms/{room}/read", { params: { path: { room: command.room } }, body: { seq: command.seq } }),
      );
    case "readThread": {
      const params = { path: { room: command.room, seq: command.root } };
      return answer(http.PUT("/api/rooms/{room}/threads/{seq}/read", { params, body: { seq: command.seq } }));
    }
  }
}
