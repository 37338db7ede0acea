import { expect, test } from "vitest";
import type { Message } from "../../api/shapes";
import { endSelection, MOST_SELECTED, select, Selection, selectionIn } from "./selection.svelte";

function message(seq: number, deleted = false): Message {
  const sender = { id: 1, username: "ann", display_name: "Ann" };
  const at = "2026-01-31T12:00:00Z";
  return { room: 1, seq, version: seq, sender, content: `${seq}`, at, deleted, mentions: [], reactions: [] };
}

const seqs = (selection: Selection): number[] => selection.messages().map(({ seq }) => seq);

test("a range goes from the message pressed last to this one, either way, without deleted ones", () => {
  const held = [1, 2, 3, 4, 5, 6].map((seq) => message(seq, seq === 3));
  const selection = new Selection({ room: 1, inThread: false });
  selection.toggle(message(5));
  selection.extend(message(2), held);
  expect(seqs(selection)).toEqual([2, 4, 5]);
  selection.toggle(message(4));
  selection.extend(message(6), held);
  expect(seqs(selection)).toEqual([2, 4, 5, 6]);
});

test("there is a limit, and the nearest are chosen first", () => {
  const held = Array.from({ length: 300 }, (_, at) => message(at + 1));
  const selection = new Selection({ room: 1, inThread: false });
  selection.toggle(message(200));
  expect(selection.extend(message(1), held)).toBe(false);
  expect(seqs(selection)).toEqual(Array.from({ length: MOST_SELECTED }, (_, at) => 200 - MOST_SELECTED + 1 + at));
  expect(selection.toggle(message(1))).toBe(false);
});

test("there is one selection, in the room or in the thread", () => {
  select(message(1), false);
  select(message(2), true);
  expect(selectionIn(1, false)).toBeNull();
  expect(selectionIn(1, true)?.has(2)).toBe(true);
  endSelection();
  expect(selectionIn(1, true)).toBeNull();
});
