/**
 * The socket to the server: opened, kept, and opened again when it is lost.
 *
 * No state lasts for ever. A handshake that is not answered, a connection that is not greeted and one that has become
 * silent are each given up after a deadline, as no error comes by itself when something between swallows the packets.
 * Browsers do not show the protocol's pings, so a silent connection is probed with a frame of our own.
 *
 * Waits between attempts grow to ten seconds and are spread by chance, so that a server that comes back is not overrun.
 * Deadlines grow too, for a line that is only slow. Both begin anew once a connection has lasted.
 */
import { below } from "../../base";
import type { ClientFrame, ServerEvent } from "../../api/shapes";

/** `connecting` for the first time, `slow` when that takes long, `open` once greeted, `lost` until it is open again. */
export type Line = "connecting" | "slow" | "open" | "lost";

interface Listener {
  /** The greeting, made anew for each connection. */
  readonly hello: () => ClientFrame;
  readonly hear: (event: ServerEvent) => void;
  readonly changed: (line: Line) => void;
  /** The session is over: there is no use in trying again. */
  readonly ended: () => void;
}

// All in milliseconds.
const OPEN_WITHIN = 8_000;
const LONGEST_DEADLINE = 60_000;
const SLOW_AFTER = 3_000;
const PING_EVERY = 20_000;
const PONG_WITHIN = 6_000;
/** A message is acknowledged within this, or the connection is probed. */
const ANSWER_WITHIN = 2_000;
const LONGEST_WAIT = 10_000;
/** A connection that has lasted so long was a good one. */
const LASTED = 10_000;
/** A timer later than this: the page was asleep, or too busy to read what has come. */
const LATE = 1_500;
const NOT_AUTHENTICATED = 4401;

export class Connection {
  #socket: WebSocket | null = null;
  #line: Line = "connecting";
  #attempts = 0;
  #wait: number | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #slow: ReturnType<typeof setTimeout> | undefined;
  /** Until the socket has opened, then until the server has greeted. */
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #lasted: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(private readonly listener: Listener) {
    addEventListener("online", this.#networkChanged);
    addEventListener("offline", this.#networkChanged);
    addEventListener("pageshow", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    document.addEventListener("resume", this.#wake);
    this.#slow = setTimeout(() => {
      if (this.#line === "connecting") this.#set("slow");
    }, SLOW_AFTER);
  }

  get line(): Line {
    return this.#line;
  }

  open(): void {
    clearTimeout(this.#retry);
    const address = new URL(below("/ws"), location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address, ["hubbub.v1"]);
    this.#socket = socket;
    this.#giveUpIn();
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#giveUpIn();
      socket.send(JSON.stringify(this.listener.hello()));
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#hear(JSON.parse(data as string) as ServerEvent);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#lost(code);
    };
  }

  /** Whether the frame went out; what must not be lost is kept elsewhere until it is answered. */
  send(frame: ClientFrame): boolean {
    if (this.#line !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    if (frame.type === "message") this.#probe ??= setTimeout(() => this.#ping(), ANSWER_WITHIN);
    return true;
  }

  stop(): void {
    this.#stopped = true;
    removeEventListener("online", this.#networkChanged);
    removeEventListener("offline", this.#networkChanged);
    removeEventListener("pageshow", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    document.removeEventListener("resume", this.#wake);
    clearTimeout(this.#retry);
    clearTimeout(this.#slow);
    this.#quiet();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #hear(event: ServerEvent): void {
    this.#answered();
    if (event.type === "connect") {
      clearTimeout(this.#deadline);
      this.#lasted = setTimeout(() => (this.#attempts = 0), LASTED);
      this.#set("open");
      this.#pings = setInterval(() => this.#ping(), PING_EVERY);
    }
    if (event.type === "disconnect") this.#wait = (event.retry_after ?? 0) * 1000;
    this.listener.hear(event);
  }

  /** The socket has to get on within the time that this attempt is given. */
  #giveUpIn(): void {
    clearTimeout(this.#deadline);
    const most = Math.min(LONGEST_DEADLINE, OPEN_WITHIN * 1.5 ** this.#attempts);
    this.#deadline = setTimeout(() => this.#giveUp(), most);
  }

  #giveUp(): void {
    const socket = this.#socket;
    this.#lost(0);
    socket?.close();
  }

  #ping(within = PONG_WITHIN): void {
    // One that is not answered yet keeps its deadline.
    if (this.#pong !== undefined || !this.send({ type: "ping" })) return;
    const due = performance.now() + within;
    this.#pong = setTimeout(() => {
      this.#pong = undefined;
      // After a sleep the answer may be in the queue behind this timer, or the question never left: ask once more.
      if (performance.now() > due + LATE) this.#ping(within);
      else this.#giveUp();
    }, within);
  }

  #answered(): void {
    clearTimeout(this.#pong);
    clearTimeout(this.#probe);
    this.#pong = this.#probe = undefined;
  }

  #lost(code: number): void {
    this.#socket = null;
    this.#quiet();
    if (this.#stopped) return;
    if (code === NOT_AUTHENTICATED) {
      this.listener.ended();
      return;
    }
    this.#set("lost");
    const longest = Math.min(LONGEST_WAIT, 300 * 2 ** this.#attempts);
    this.#attempts += 1;
    const wait = this.#wait ?? longest * (0.5 + Math.random() / 2);
    this.#wait = null;
    this.#retry = setTimeout(() => this.open(), wait);
  }

  /** Somebody looks at the page again, perhaps after a sleep: see at once whether the line still holds. */
  readonly #wake = (): void => {
    if (document.visibilityState === "hidden" || this.#stopped) return;
    if (this.#line === "open") this.#ping();
    else if (this.#socket === null) this.open();
  };

  /** What was begun on another network will not get through: a handshake that is on its way is begun anew. */
  readonly #networkChanged = (): void => {
    if (this.#stopped) return;
    if (this.#line !== "open" && this.#socket !== null && navigator.onLine) {
      const socket = this.#socket;
      this.#socket = null;
      this.#quiet();
      socket.close();
    }
    this.#wake();
  };

  #quiet(): void {
    clearInterval(this.#pings);
    clearTimeout(this.#deadline);
    clearTimeout(this.#lasted);
    this.#answered();
  }

  #set(line: Line): void {
    this.#line = line;
    this.listener.changed(line);
  }
}
