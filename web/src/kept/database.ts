/**
 * What the browser keeps for one user: messages on their way, drafts, and the rooms as last seen.
 *
 * Where the browser gives no database (some private windows), it lasts as long as the tab.
 */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import type { User } from "../api/shapes";
import type { Command } from "../state/commands";
import type { Outgoing } from "../state/outbox";
import type { RoomState } from "../state/room";

export interface Draft {
  /** The room, and where in it: see `drafts.svelte.ts`. */
  readonly key: string;
  readonly room: number;
  readonly text: string;
  readonly replyTo: number | null;
  /** The message that is being edited in this place instead; what becomes of it is a draft of its own. */
  readonly editing: number | null;
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
  /** All that waits for the server. */
  outbox: { key: string; value: Outgoing | Command };
  drafts: { key: string; value: Draft };
  snapshot: { key: string; value: Snapshot };
}

type Change = IDBPTransaction<Schema, StoreNames<Schema>[], "versionchange">;

export interface Kept {
  outbox(): Promise<Outgoing[]>;
  commands(): Promise<Command[]>;
  keepCommand(command: Command): Promise<void>;
  dropCommand(key: string): Promise<void>;
  keep(message: Outgoing): Promise<void>;
  drop(key: string): Promise<void>;
  drafts(): Promise<Draft[]>;
  keepDraft(draft: Draft): Promise<void>;
  snapshot(): Promise<Snapshot | undefined>;
  keepSnapshot(snapshot: Snapshot): Promise<void>;
  close(): void;
}

const VERSION = 2;
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

async function upgraded(database: IDBPDatabase<Schema>, before: number, change: Change): Promise<void> {
  if (before === 0) {
    database.createObjectStore("outbox", { keyPath: "key" });
    database.createObjectStore("drafts", { keyPath: "key" });
    database.createObjectStore("snapshot");
    return;
  }
  // There was one draft a room, before there were those of threads and edits.
  const old = await change.objectStore("drafts").getAll();
  database.deleteObjectStore("drafts");
  const drafts = database.createObjectStore("drafts", { keyPath: "key" });
  for (const draft of old) await drafts.put({ ...draft, key: `${draft.room}`, editing: null });
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
    if (draft.text === "" && draft.replyTo === null && draft.editing === null)
      await this.database.delete("drafts", draft.key);
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
