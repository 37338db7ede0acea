/**
 * What the browser keeps for one user: messages on their way, drafts, and the rooms as last seen.
 *
 * Where the browser gives no database (some private windows), it lasts as long as the tab.
 */
import { deleteDB, openDB, type IDBPDatabase, type IDBPObjectStore } from "idb";
import type { Command } from "../outbox/commands";
import type { Outgoing } from "../outbox/outbox";
import type { Draft, KeptMessage, KeptRoom, RoomChange, Schema } from "./schema";
import { upgraded } from "./upgrade";

type Messages = IDBPObjectStore<Schema, ("rooms" | "messages")[], "messages", "readwrite">;

export interface Kept {
  outbox(): Promise<Outgoing[]>;
  commands(): Promise<Command[]>;
  keepCommand(command: Command): Promise<void>;
  dropCommand(key: string): Promise<void>;
  keep(message: Outgoing): Promise<void>;
  drop(key: string): Promise<void>;
  drafts(): Promise<Draft[]>;
  keepDraft(draft: Draft): Promise<void>;
  rooms(): Promise<{ readonly rooms: readonly KeptRoom[]; readonly messages: readonly KeptMessage[] }>;
  /** All of it, or nothing. */
  keepRooms(changes: readonly RoomChange[]): Promise<void>;
  /** The rooms go, what one was writing stays. */
  forgetRooms(): Promise<void>;
  close(): void;
}

const VERSION = 3;
/** Milliseconds. */
const PATIENCE = 2_000;

function name(user: number): string {
  return `hubbub-${user}`;
}

export async function openKept(user: number): Promise<Kept> {
  try {
    return new Database(
      await openDB<Schema>(name(user), VERSION, {
        upgrade(database, before, _after, change) {
          upgraded(database, before, change).catch(() => change.abort());
        },
        // Another tab has a newer page, or signs out: do not stand in its way.
        blocking(_current, _blocked, event) {
          (event.target as IDBDatabase).close();
        },
      }),
    );
  } catch {
    return new Memory();
  }
}

/** Signed out: nothing of the user stays in this browser. A tab that holds on to it is waited for a little only. */
export async function forget(user: number): Promise<void> {
  await new Promise<void>((done) => {
    setTimeout(done, PATIENCE);
    deleteDB(name(user)).then(done, done);
  }).catch(() => undefined); // The browser keeps none.
}

class Database implements Kept {
  constructor(private readonly database: IDBPDatabase<Schema>) {}

  async outbox(): Promise<Outgoing[]> {
    return (await this.#waiting()).filter((one): one is Outgoing => !("what" in one));
  }

  async commands(): Promise<Command[]> {
    return (await this.#waiting()).filter((one): one is Command => "what" in one);
  }

  async #waiting(): Promise<(Outgoing | Command)[]> {
    const all = await this.database.getAll("outbox");
    return all.sort((one, other) => one.writtenAt - other.writtenAt);
  }

  async keepCommand(command: Command): Promise<void> {
    await this.database.put("outbox", command);
  }

  async dropCommand(key: string): Promise<void> {
    await this.database.delete("outbox", key);
  }

  async keep(message: Outgoing): Promise<void> {
    await this.database.put("outbox", message);
  }

  async drop(key: string): Promise<void> {
    await this.database.delete("outbox", key);
  }

  drafts(): Promise<Draft[]> {
    return this.database.getAll("drafts");
  }

  async keepDraft(draft: Draft): Promise<void> {
    // That one was removed stays here until the server knows it.
    const isOver = draft.text === "" && draft.replyTo === null && draft.editing === null;
    if (isOver && draft.at === draft.synced) await this.database.delete("drafts", draft.key);
    else await this.database.put("drafts", draft);
  }

  async rooms() {
    const reading = this.database.transaction(["rooms", "messages"]);
    const [rooms, messages] = await Promise.all([
      reading.objectStore("rooms").getAll(),
      reading.objectStore("messages").getAll(),
    ]);
    return { rooms, messages };
  }

  async keepRooms(changes: readonly RoomChange[]): Promise<void> {
    const writing = this.database.transaction(["rooms", "messages"], "readwrite");
    const rooms = writing.objectStore("rooms");
    const messages = writing.objectStore("messages");
    const asked: Promise<unknown>[] = [];
    for (const { id, room, messages: fresh, gone } of changes) {
      asked.push(room === null ? rooms.delete(id) : rooms.put(room));
      for (const message of fresh) asked.push(putUnlessNewer(messages, message));
      for (const seq of gone) asked.push(messages.delete([id, seq]));
    }
    await Promise.all([...asked, writing.done]);
  }

  async forgetRooms(): Promise<void> {
    const writing = this.database.transaction(["rooms", "messages"], "readwrite");
    await Promise.all([writing.objectStore("rooms").clear(), writing.objectStore("messages").clear(), writing.done]);
  }

  close(): void {
    this.database.close();
  }
}

/** Another tab may be ahead of this one. */
async function putUnlessNewer(messages: Messages, message: KeptMessage): Promise<void> {
  const held = await messages.get([message.room, message.seq]);
  if ((held?.shown?.version ?? 0) <= (message.shown?.version ?? 0)) await messages.put(message);
}

class Memory implements Kept {
  readonly #outbox = new Map<string, Outgoing>();
  readonly #drafts = new Map<string, Draft>();

  outbox(): Promise<Outgoing[]> {
    return Promise.resolve([...this.#outbox.values()]);
  }

  keep(message: Outgoing): Promise<void> {
    this.#outbox.set(message.key, message);
    return Promise.resolve();
  }

  drop(key: string): Promise<void> {
    this.#outbox.delete(key);
    return Promise.resolve();
  }

  commands(): Promise<Command[]> {
    return Promise.resolve([]);
  }

  keepCommand(): Promise<void> {
    return Promise.resolve();
  }

  dropCommand(): Promise<void> {
    return Promise.resolve();
  }

  drafts(): Promise<Draft[]> {
    return Promise.resolve([...this.#drafts.values()]);
  }

  keepDraft(draft: Draft): Promise<void> {
    this.#drafts.set(draft.key, draft);
    return Promise.resolve();
  }

  rooms(): Promise<{ rooms: []; messages: [] }> {
    return Promise.resolve({ rooms: [], messages: [] });
  }

  keepRooms(): Promise<void> {
    return Promise.resolve();
  }

  forgetRooms(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Nothing is open.
  }
}
