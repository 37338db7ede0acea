/** The shapes of the API by their names, from the generated types. */
import type { components as live } from "./generated/asyncapi";
import type { components as rest } from "./generated/openapi";

export type Changes = rest["schemas"]["Changes"];
export type Message = rest["schemas"]["Message"];
export type Page = rest["schemas"]["Page"];
export type Rank = "owner" | "moderator" | "member";
export type Reaction = rest["schemas"]["Reaction"];
export type Room = rest["schemas"]["Room"];
export type User = rest["schemas"]["User"];

export type ErrorCode = live["schemas"]["ErrorEvent"]["code"];
export type MessageFrame = live["schemas"]["MessageFrame"];

export type MemberEvent = live["schemas"]["MemberEvent"];
export type MessageEvent = live["schemas"]["MessageEvent"];
export type ReactionEvent = live["schemas"]["ReactionEvent"];
export type RoomEvent = live["schemas"]["RoomEvent"];

/** What changes a room for good: it carries the room's `version`. */
export type DurableEvent = MemberEvent | MessageEvent | ReactionEvent | RoomEvent;
