/** Messages that are quoted but not held, asked for one by one and once. */
import { answer, http } from "../api/http";
import type { Message } from "../api/shapes";

const MOST = 200;
const asked = new Map<string, Promise<Message | null>>();

export function single(room: number, seq: number): Promise<Message | null> {
  const key = `${room} ${seq}`;
  const known = asked.get(key);
  if (known !== undefined) return known;
  const found = answer(http.GET("/api/rooms/{room}/messages/{seq}", { params: { path: { room, seq } } })).catch(() => {
    asked.delete(key);
    return null;
  });
  asked.set(key, found);
  for (const first of asked.keys()) {
    if (asked.size <= MOST) break;
    asked.delete(first);
  }
  return found;
}
