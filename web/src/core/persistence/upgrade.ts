/** What a browser kept in an older form of the database is not lost: each step leads from one version to the next. */
import type { IDBPDatabase, IDBPTransaction, StoreNames } from "idb";
import type { Held } from "../entities/message";
import type { RoomState } from "../entities/room";
import type { Draft, Schema } from "./schema";

type Change = IDBPTransaction<Schema, StoreNames<Schema>[], "versionchange">;

/** Versions 1 and 2 wrote all rooms as one value, at every change. */
interface Snapshot {
  readonly rooms: readonly {
    readonly state: Omit<RoomState, "notices"> &
      Partial<Pick<RoomState, "notices">> & { readonly messages: ReadonlyMap<number, Held> };
    readonly from: number;
    readonly to: number;
  }[];
}

/** `before`: the version found, 0 for none. Raises what the database raises; the upgrade is to be aborted then. */
export async function upgraded(database: IDBPDatabase<Schema>, before: number, change: Change): Promise<void> {
  if (before === 0) {
    database.createObjectStore("outbox", { keyPath: "key" });
    database.createObjectStore("drafts", { keyPath: "key" });
  }
  if (before === 1) await toDraftsOfPlaces(database, change);
  database.createObjectStore("rooms", { keyPath: "id" });
  database.createObjectStore("messages", { keyPath: ["room", "seq"] });
  if (before === 1 || before === 2) await toSingleRooms(database, change);
}

/** There was one draft a room, before there were those of threads and edits. */
async function toDraftsOfPlaces(database: IDBPDatabase<Schema>, change: Change): Promise<void> {
  const old: Draft[] = await change.objectStore("drafts").getAll();
  database.deleteObjectStore("drafts");
  const drafts = database.createObjectStore("drafts", { keyPath: "key" });
  for (const draft of old) await drafts.put({ ...draft, key: `${draft.room}`, editing: null });
}

async function toSingleRooms(database: IDBPDatabase<Schema>, change: Change): Promise<void> {
  // The store is none of those that the types know.
  const old = change as unknown as IDBPTransaction<unknown, string[], "versionchange">;
  const snapshot = (await old.objectStore("snapshot").get("last")) as Snapshot | undefined;
  for (const { state, from, to } of snapshot?.rooms ?? []) {
    const { messages, room, version, heard, counted, notices = new Map() } = state;
    await change.objectStore("rooms").put({ id: room.id, room, version, heard, counted, notices, from, to });
    for (const [seq, held] of messages) await change.objectStore("messages").put({ ...held, room: room.id, seq });
  }
  (database as unknown as IDBPDatabase).deleteObjectStore("snapshot");
}
