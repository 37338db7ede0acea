// A plain page that signs one up, opens a room and talks. Text of others is only ever set as text.

const $ = (selector) => document.querySelector(selector);
const state = { me: null, rooms: new Map(), messages: new Map(), versions: {}, here: null, pending: new Map(), attempts: 0 };
let socket = null;

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status });
  return answer;
}

function onSubmit(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector(".problem");
    problem.textContent = "";
    try {
      await work(new FormData(form, event.submitter));
    } catch (error) {
      problem.textContent = error.message;
    }
  });
}

function show(signedIn) {
  $("#door").hidden = signedIn;
  $("#house").hidden = !signedIn;
}

onSubmit($("#enter"), async (data) => {
  const who = { username: data.get("username"), password: data.get("password") };
  if (data.get("do") === "register") await call("POST", "/api/users", who);
  await call("POST", "/api/login", { ...who, cookie: true });
  $("#enter").reset();
  await start();
});

$("#leave").addEventListener("click", async () => {
  await call("POST", "/api/logout");
  location.reload();
});

onSubmit($("#open"), async (data) => {
  const name = data.get("name").trim();
  const found = name.startsWith("@")
    ? await call("POST", "/api/rooms", { kind: "direct", members: [name.slice(1)] })
    : await openPublic(name);
  state.rooms.set(found.id, found);
  $("#open").reset();
  await go(found.id);
});

async function openPublic(name) {
  const { rooms } = await call("GET", `/api/rooms?limit=200&query=${encodeURIComponent(name)}`);
  const found = rooms.find((room) => room.name.toLowerCase() === name.toLowerCase());
  if (!found) return call("POST", "/api/rooms", { name });
  await call("POST", `/api/rooms/${found.id}/members`, {});
  return found;
}

onSubmit($("#write"), async (data) => {
  const content = data.get("content");
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  state.pending.set(key, { room: state.here, content });
  $("#write").reset();
  draw();
  try {
    apply(await call("POST", `/api/rooms/${state.here}/messages`, { content, key }));
  } finally {
    state.pending.delete(key);
    draw();
  }
});

async function start() {
  const { user } = await call("GET", "/api/users/me");
  state.me = user;
  $("#me").textContent = user.display_name;
  show(true);
  connect();
}

function connect() {
  const address = new URL("/ws", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address, ["hubbub.v1"]);
  let wait = null;
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", since: state.versions }));
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === "disconnect") wait = event;
    else hear(event);
  };
  socket.onclose = ({ code }) => {
    if (code === 4401) return location.reload();
    $("#state").textContent = "Connection lost. Coming back …";
    const longest = Math.min(10000, 200 * 2 ** state.attempts++);
    setTimeout(connect, wait?.retry_after ? wait.retry_after * 1000 : Math.random() * longest);
  };
}

function hear(event) {
  switch (event.type) {
    case "connect":
      state.attempts = 0;
      $("#state").textContent = "";
      for (const room of event.rooms) remember(room);
      break;
    case "room":
      remember(event);
      break;
    case "message":
      apply(event);
      if (!state.rooms.has(event.room)) learn(event.room);
      break;
    case "resync":
      state.messages.delete(event.room);
      state.versions[event.room] = event.version;
      if (event.room === state.here) load(event.room);
      break;
    case "synced":
      state.versions[event.room] = event.version;
      break;
  }
  if (event.room && event.version > (state.versions[event.room] ?? 0)) state.versions[event.room] = event.version;
  draw();
}

function remember(room) {
  const known = state.rooms.get(room.id);
  state.rooms.set(room.id, { ...known, ...room });
  state.versions[room.id] = Math.max(state.versions[room.id] ?? 0, known ? 0 : room.version);
  if (room.kind === "direct" && !state.rooms.get(room.id).peer) learn(room.id);
}

async function learn(room) {
  state.rooms.set(room, await call("GET", `/api/rooms/${room}`));
  draw();
}

function apply(message) {
  const room = state.messages.get(message.room) ?? new Map();
  state.messages.set(message.room, room);
  if ((room.get(message.seq)?.version ?? 0) < message.version) room.set(message.seq, message);
}

async function load(room) {
  const { messages } = await call("GET", `/api/rooms/${room}/messages?limit=100`);
  messages.forEach(apply);
  draw();
}

async function go(room) {
  state.here = room;
  draw();
  await load(room);
  $("#write input").focus();
}

const nameOf = (room) => (room.kind === "direct" ? `@${room.peer?.username ?? "…"}` : (room.name ?? `Room ${room.id}`));

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function draw() {
  $("#rooms").replaceChildren(
    ...[...state.rooms.values()].map((room) => {
      const item = document.createElement("li");
      const button = element("button", nameOf(room), { type: "button", "aria-current": String(room.id === state.here) });
      button.addEventListener("click", () => go(room.id));
      item.append(button);
      return item;
    }),
  );
  const room = state.rooms.get(state.here);
  $("#write").hidden = !room;
  if (!room) return;
  $("#title").textContent = nameOf(room);
  const list = $("#messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const lines = [...(state.messages.get(state.here) ?? new Map()).values()].sort((a, b) => a.seq - b.seq).map((message) => {
    const line = document.createElement("li");
    const text = message.deleted ? "deleted" : message.content + (message.edited_at ? " (edited)" : "");
    line.append(element("b", message.sender.display_name), ": ", element("span", text));
    if (message.deleted) line.className = "deleted";
    return line;
  });
  for (const { room: to, content } of state.pending.values()) {
    if (to === state.here) lines.push(element("li", `… ${content}`, { class: "deleted" }));
  }
  list.replaceChildren(...lines);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

start().catch(() => show(false));
