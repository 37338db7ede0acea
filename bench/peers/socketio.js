// Socket.IO on Node: every message to a room that everybody is in.
import { Server } from "socket.io";

const server = new Server(Number(process.argv[2]), { perMessageDeflate: false, pingInterval: 600_000 });
server.on("connection", (socket) => {
  socket.join("room");
  socket.on("m", (text) => server.to("room").emit("m", text));
});
