/**
 * What the browser keeps for one user: messages on their way, drafts, and the rooms as last seen.
 *
 * Where the browser gives no database (some private windows), it lasts as long as the tab.
 */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { User } from "../api/shapes";
import type { Outgoing } from "../state/outbox";
import type { RoomState } from "../state/room";

export interface Draft {
  readonly room: number;
  readonly text: string;
  readonly replyTo: number | null;
}

/** A room with the end of its history, and the window that is held of it. */
export interface Seen {
  readonly state: RoomState;
  readonly from: number;
  readonly to: number;
}

export interface Snapshot {
  readonly me: User;
  readonly rooms: readonly Seen[];
}

interface Schema extends DBSchema {
  outbox: { key: string; value: Outgoing };
  drafts: { key: number; value: Draft };
  snapshot: { key: string; value: Snapshot };
}

export interface Kept {
  outbox(): Promise<Outgoing[]>;
  keep(message: Outgoing): Promise<void>;
  drop(key: string): Promise<void>;
  drafts(): Promise<Draft[]>;
  keepDraft(draft: Draft): Promise<void>;
  snapshot(): Promise<Snapshot | undefined>;
  keepSnapshot(snapshot: Snapshot): Promise<void>;
  close(): void;
}

const VERSION = 1;
/** Milliseconds. */
const PATIENCE = 2_000;

function name(user: number): string {
  return `hubbub-${user}`;
}

export async function openKept(user: number): Promise<Kept> {
  try {
    return new Database(
      await openDB<Schema>(name(user), VERSION, {
        upgrade(database) {
          database.createObjectStore("outbox", { keyPath: "key" });
          database.createObjectStore("drafts", { keyPath: "room" });
          database.createObjectStore("snapshot");
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
    const all = await this.database.getAll("outbox");
    return all.sort((one, other) => one.writtenAt - other.writtenAt);
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
    if (draft.text === "" && draft.replyTo === null) await this.database.delete("drafts", draft.room);
    else await this.database.put("drafts", draft);
  }

  snapshot(): Promise<Snapshot | undefined> {
    return this.database.get("snapshot", "last");
  }

  async keepSnapshot(snapshot: Snapshot): Promise<void> {
    await this.database.put("snapshot", snapshot, "last");
  }

  close(): void {
    this.database.close();
  }
}

class Memory implements Kept {
  readonly #outbox = new Map<string, Outgoing>();
  readonly #drafts = new Map<number, Draft>();

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

  drafts(): Promise<Draft[]> {
    return Promise.resolve([...this.#drafts.values()]);
  }

  keepDraft(draft: Draft): Promise<void> {
    this.#drafts.set(draft.room, draft);
    return Promise.resolve();
  }

  snapshot(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  keepSnapshot(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Nothing is open.
  }
}
