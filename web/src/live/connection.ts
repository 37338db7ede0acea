/**
 * The socket to the server: opened, kept, and opened again when it is lost.
 *
 * Waits between attempts grow to ten seconds and are spread by chance, so that a server that comes back is not overrun.
 * A line that is open but dead is found out by a ping of our own, as browsers do not show the protocol's.
 */
import { below } from "../base";
import type { ClientFrame, ServerEvent } from "../api/shapes";

export type Line = "connecting" | "open" | "lost";

interface Listener {
  /** The greeting, made anew for each connection. */
  readonly hello: () => ClientFrame;
  readonly hear: (event: ServerEvent) => void;
  readonly changed: (line: Line) => void;
  /** The session is over: there is no use in trying again. */
  readonly ended: () => void;
}

const PING_EVERY = 20_000;
const PONG_WITHIN = 10_000;
const LONGEST_WAIT = 10_000;
const NOT_AUTHENTICATED = 4401;

export class Connection {
  #socket: WebSocket | null = null;
  #line: Line = "connecting";
  #attempts = 0;
  #wait: number | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(private readonly listener: Listener) {
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
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
    socket.onopen = () => socket.send(JSON.stringify(this.listener.hello()));
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
    return true;
  }

  stop(): void {
    this.#stopped = true;
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#retry);
    this.#quiet();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #hear(event: ServerEvent): void {
    clearTimeout(this.#pong);
    if (event.type === "connect") {
      this.#attempts = 0;
      this.#set("open");
      this.#pings = setInterval(() => this.#ping(), PING_EVERY);
    }
    if (event.type === "disconnect") this.#wait = (event.retry_after ?? 0) * 1000;
    this.listener.hear(event);
  }

  #ping(): void {
    if (!this.send({ type: "ping" })) return;
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => {
      const socket = this.#socket;
      this.#lost(0);
      socket?.close();
    }, PONG_WITHIN);
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

  /** The network is back, or somebody looks at the page again: see at once whether the line still holds. */
  readonly #wake = (): void => {
    if (document.visibilityState === "hidden" || this.#stopped) return;
    if (this.#line === "open") this.#ping();
    else if (this.#socket === null) this.open();
  };

  #quiet(): void {
    clearInterval(this.#pings);
    clearTimeout(this.#pong);
  }

  #set(line: Line): void {
    this.#line = line;
    this.listener.changed(line);
  }
}
