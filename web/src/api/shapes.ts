/** The shapes of the API by their names, from the generated types. */
import type { components as live } from "./generated/asyncapi";
import type { components as rest } from "./generated/openapi";

export type ActivityPage = rest["schemas"]["ActivityPage"];
export type Changes = rest["schemas"]["Changes"];
export type Draft = rest["schemas"]["Draft"];
export type Edit = rest["schemas"]["Edit"];
export type Invitation = rest["schemas"]["Invitation"];
export type InvitationPreview = rest["schemas"]["InvitationPreview"];
export type Member = rest["schemas"]["Member"];
export type Membership = rest["schemas"]["Membership"];
export type Message = rest["schemas"]["Message"];
export type NewRoom = rest["schemas"]["CreateRoom"];
export type Notice = rest["schemas"]["Notice"];
export type Page = rest["schemas"]["Page"];
export type Profile = rest["schemas"]["Profile"];
export type Pin = rest["schemas"]["Pin"];
export type Rank = "owner" | "moderator" | "member";
export type Reaction = rest["schemas"]["Reaction"];
export type Receipt = rest["schemas"]["Receipt"];
export type Room = rest["schemas"]["Room"];
export type Saved = rest["schemas"]["Saved"];
export type Scheduled = rest["schemas"]["Scheduled"];
export type Sender = rest["schemas"]["Sender"];
export type Session = rest["schemas"]["Session"];
export type Source = rest["schemas"]["Source"];
export type Thread = rest["schemas"]["Thread"];
export type ThreadReader = rest["schemas"]["ThreadReader"];
export type User = rest["schemas"]["User"];
export type PublicWorkspace = rest["schemas"]["PublicWorkspace"];
export type Whoami = rest["schemas"]["Whoami"];
export type Workspace = rest["schemas"]["Workspace"];
export type ChosenStatus = Profile["chosen_status"];

export type ErrorCode = live["schemas"]["ErrorEvent"]["code"];
export type SocketLimits = live["schemas"]["SocketLimits"];

export type MessageFrame = live["schemas"]["MessageFrame"];
export type ClientFrame =
  | live["schemas"]["Hello"]
  | MessageFrame
  | live["schemas"]["SubscribeFrame"]
  | live["schemas"]["UnsubscribeFrame"]
  | live["schemas"]["TypingStartFrame"]
  | live["schemas"]["TypingStopFrame"]
  | live["schemas"]["ReadFrame"]
  | live["schemas"]["PresenceFrame"]
  | live["schemas"]["PingFrame"];

export type MemberEvent = live["schemas"]["MemberEvent"];
export type MessageEvent = live["schemas"]["MessageEvent"];
export type NoticeEvent = live["schemas"]["NoticeEvent"];
export type ReactionEvent = live["schemas"]["ReactionEvent"];
export type RoomEvent = live["schemas"]["RoomEvent"];

/** What changes a room for good: it carries the room's `version`. */
export type DurableEvent = MemberEvent | MessageEvent | NoticeEvent | ReactionEvent | RoomEvent;

export type ConnectEvent = live["schemas"]["ConnectEvent"];
export type EntryEvent = live["schemas"]["EntryEvent"];
export type ServerEvent =
  | DurableEvent
  | ConnectEvent
  | live["schemas"]["ReadEvent"]
  | live["schemas"]["DeliveredEvent"]
  | live["schemas"]["MembershipEvent"]
  | live["schemas"]["ThreadEvent"]
  | EntryEvent
  | live["schemas"]["TypingEvent"]
  | live["schemas"]["PresenceEvent"]
  | live["schemas"]["UserEvent"]
  | live["schemas"]["WorkspaceEvent"]
  | live["schemas"]["ActivityEvent"]
  | live["schemas"]["SyncedEvent"]
  | live["schemas"]["ResyncEvent"]
  | live["schemas"]["Ack"]
  | live["schemas"]["ErrorEvent"]
  | live["schemas"]["PongEvent"]
  | live["schemas"]["DisconnectEvent"];
