/** The promise: whatever is lost on the way, each message is stored exactly once, and in the order it was written. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { MessageFrame } from "../../api/shapes";
import { acknowledged, discarded, flushed, refused, retried, unanswered, written, type Outbox } from "./outbox";

/** A server that stores a key once, and a line to it that may break at any frame, in either direction. */
class Line {
  readonly stored: string[] = [];
  private answers: string[] = [];

  /** The first so many of the frames arrive. */
  send(frames: readonly MessageFrame[], arriving: number): void {
    for (const { key, content } of frames.slice(0, arriving)) {
      if (key == null) throw new Error("a frame without a key");
      if (!this.stored.includes(content)) this.stored.push(content);
      this.answers.push(key);
    }
  }

  /** The first so many of the acknowledgements arrive; on a lost connection the others never do. */
  answer(outbox: Outbox, arriving: number): Outbox {
    const come = this.answers.splice(0, arriving);
    return come.reduce(acknowledged, outbox);
  }

  lose(): void {
    this.answers = [];
  }
}

let keys = 0;
function write(outbox: Outbox, content: string): Outbox {
  keys += 1;
  return written(outbox, { key: `k${keys}`, destination: { room: 1 }, content, writtenAt: keys });
}

test("each message is stored once and in order, whatever is lost on the way", () => {
  const step = fc.oneof(
    fc.constant(["write"] as const),
    fc.tuple(fc.constant("flush" as const), fc.nat({ max: 5 })),
    fc.tuple(fc.constant("answer" as const), fc.nat({ max: 5 })),
    fc.constant(["reload"] as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const line = new Line();
      let outbox: Outbox = [];
      const all: string[] = [];
      for (const [what, number = 0] of steps) {
        if (what === "write") {
          all.push(`m${all.length}`);
          outbox = write(outbox, `m${all.length - 1}`);
        } else if (what === "flush") {
          const { outbox: sent, frames } = flushed(outbox);
          line.send(frames, number);
          // A line that lost a frame is a lost line.
          outbox = number < frames.length ? unanswered(sent) : sent;
          if (number < frames.length) line.lose();
        } else if (what === "answer") {
          outbox = line.answer(outbox, number);
        } else {
          line.lose();
          outbox = unanswered(JSON.parse(JSON.stringify(outbox)) as Outbox);
        }
      }
      const { outbox: sent, frames } = flushed(unanswered(outbox));
      line.send(frames, frames.length);
      expect(line.answer(sent, Infinity)).toEqual([]);
      expect(line.stored).toEqual(all);
    }),
    { numRuns: 1000 },
  );
});

test("what was refused for good stays, says why, and can be tried again or given up", () => {
  const sent = flushed(write([], "too long")).outbox;
  const key = sent[0]?.key ?? "";
  const failed = refused(sent, key, "invalid_input", "content: too long");
  expect(failed).toMatchObject([{ state: "failed", problem: "content: too long" }]);
  expect(flushed(failed).frames).toEqual([]);
  expect(unanswered(failed)).toEqual(failed);
  const again = retried(failed, key);
  expect(again[0]).not.toHaveProperty("problem");
  expect(flushed(again).frames).toMatchObject([{ key, ref: key, content: "too long", room: 1 }]);
  expect(discarded(failed, key)).toEqual([]);
  expect(discarded(again, key)).toEqual(again);
});

test("what was refused for now is sent again", () => {
  const sent = flushed(write([], "hello")).outbox;
  const key = sent[0]?.key ?? "";
  for (const code of ["rate_limited", "unavailable", "not_authenticated"] as const) {
    expect(flushed(refused(sent, key, code, "later")).frames).toHaveLength(1);
  }
});
