/** What the server allows, until it has told its own limits. */
import type { SocketLimits } from "../../api/shapes";

export const LIMITS: SocketLimits = {
  message_length: 10000,
  frame_bytes: 131072,
  frames_per_second: 50,
  heartbeat: 25,
  large_room: 500,
};
