import { expect, it, vi } from "vitest";
import { typeahead } from "./menu";

const LABELS = ["Reply", "Copy text", "Copy link", "Delete …", "Öffnen"];

it("goes to what begins with the letters typed", () => {
  const find = typeahead();
  expect(find("c", LABELS, 0)).toBe(1);
  expect(find("o", LABELS, 1)).toBe(1);
  expect(["p", "y", " ", "l"].map((key) => find(key, LABELS, 1)).at(-1)).toBe(2);
});

it("goes from one to the next by the same letter", () => {
  const find = typeahead();
  expect(find("c", LABELS, 0)).toBe(1);
  expect(find("C", LABELS, 1)).toBe(2);
  expect(find("c", LABELS, 2)).toBe(1);
});

it("begins a new word after a pause, and finds nothing where there is nothing", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const find = typeahead();
  expect(find("x", LABELS, 0)).toBe(-1);
  vi.advanceTimersByTime(1_000);
  expect(find("ö", LABELS, 0)).toBe(4);
  expect(find("d", [], 0)).toBe(-1);
  vi.useRealTimers();
});
