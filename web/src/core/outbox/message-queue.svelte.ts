/**
 * Messages on their way: shown at once, kept in the browser until the server has them, sent again after anything.
 *
 * Every tab sends what was written in it. What another tab wrote and did not get through (it was closed, it crashed) is
 * sent by whichever tab notices: the message's key makes a second sending harmless.
 */
import type { ErrorCode, MessageFrame } from "../../api/shapes";
import type { Kept } from "../persistence/database";
import {
  acknowledged,
  discarded,
  flushed,
  refused,
  retried,
  unanswered,
  written,
  type Outbox,
  type Outgoing as Message,
} from "./outbox";

/** Milliseconds after which another tab's message is taken to be stuck. */
const STUCK = 10_000;

export class Outgoing {
  all = $state.raw<Outbox>([]);
  readonly #mine = new Set<string>();
  readonly #sweep: ReturnType<typeof setInterval>;

  constructor(
    private readonly kept: Kept,
    private readonly send: (frame: MessageFrame) => boolean,
    private readonly told: () => void,
  ) {
    this.#sweep = setInterval(() => this.#takeOver(), STUCK);
  }

  /** What an earlier page left, or another tab has written or got through meanwhile. */
  async load(): Promise<void> {
    const found = await this.kept.outbox();
    const here = new Map(this.all.map((message) => [message.key, message]));
    const others = found.filter((message) => !here.has(message.key));
    const gone = new Set(found.map((message) => message.key));
    const all = this.all.filter((message) => this.#mine.has(message.key) || gone.has(message.key));
    const told = new Map(found.map((message) => [message.key, message]));
    this.all = [
      ...all.map((message) => (this.#mine.has(message.key) ? message : (told.get(message.key) ?? message))),
      ...others,
    ].sort((one, other) => one.writtenAt - other.writtenAt);
  }

  write(message: Omit<Message, "key" | "writtenAt" | "state">): void {
    const key = newKey();
    this.#mine.add(key);
    this.all = written(this.all, { ...message, key, writtenAt: Date.now() });
    this.#keep(key);
    this.flush();
  }

  /** The line is there (again): nothing that was sent on another is known to have arrived. */
  async resume(): Promise<void> {
    await this.load();
    this.all = unanswered(this.all);
    this.flush();
  }

  flush(): void {
    const { outbox, frames } = flushed(this.all);
    if (frames.length === 0) return;
    for (const frame of frames) {
      if (!this.send(frame)) return;
    }
    this.all = outbox;
  }

  acknowledge(key: string): void {
    if (!this.all.some((message) => message.key === key)) return;
    this.all = acknowledged(this.all, key);
    this.#drop(key);
  }

  refuse(key: string, code: ErrorCode, detail: string): void {
    this.all = refused(this.all, key, code, detail);
    this.#keep(key);
    if (this.all.some((message) => message.key === key && message.state === "waiting")) {
      setTimeout(() => this.flush(), 1000 + Math.random() * 1000);
    }
  }

  retry(key: string): void {
    this.#mine.add(key);
    this.all = retried(this.all, key);
    this.#keep(key);
    this.flush();
  }

  discard(key: string): void {
    this.all = discarded(this.all, key);
    this.#drop(key);
  }

  /** As it was before it was discarded. */
  restore(message: Message): void {
    this.all = [...this.all, message].sort((one, other) => one.writtenAt - other.writtenAt);
    this.#keep(message.key);
  }

  stop(): void {
    clearInterval(this.#sweep);
  }

  #takeOver(): void {
    const before = Date.now() - STUCK;
    const stuck = this.all.filter(
      (message) => message.state !== "failed" && message.writtenAt < before && !this.#mine.has(message.key),
    );
    if (stuck.length === 0) return;
    const keys = new Set(stuck.map((message) => message.key));
    this.all = this.all.map((message) => (keys.has(message.key) ? { ...message, state: "waiting" } : message));
    this.flush();
  }

  #keep(key: string): void {
    const message = this.all.find((other) => other.key === key);
    if (message !== undefined) void this.kept.keep(message).then(this.told);
  }

  #drop(key: string): void {
    this.#mine.delete(key);
    void this.kept.drop(key).then(this.told);
  }
}

/**
 * The time, then 96 random bits: keys that grow lie together in the server's index.
 * `crypto.randomUUID` is missing where the page came over plain HTTP.
 */
export function newKey(): string {
  return [Date.now(), ...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join("-");
}
