"""A TypeScript client generated with default options compiles, and accepts calls with required fields only."""

import subprocess
from pathlib import Path

from tests.server import Server

ROOT = Path(__file__).parent.parent
NODE = str(ROOT / "tools" / "node.sh")
MODULES = ROOT / "web" / "node_modules"
PROGRAM = """
import createClient from "openapi-fetch";
import type { paths, components } from "./hubbub";

const client = createClient<paths>({ baseUrl: "http://localhost:8080" });
const room = 1;

export async function talk(): Promise<string> {
  await client.POST("/api/users", { body: { username: "alice", password: "correct horse battery" } });
  const { data } = await client.POST("/api/login", { body: { username: "alice", password: "correct horse battery" } });
  const token: string | null | undefined = data?.token;
  await client.POST("/api/rooms", { body: { name: "general" } });
  await client.POST("/api/rooms", { body: {} });
  await client.PATCH("/api/rooms/{room}", { params: { path: { room } }, body: { topic: "x" } });
  await client.POST("/api/rooms/{room}/members", { params: { path: { room } }, body: {} });
  await client.PATCH("/api/users/me", { body: {} });
  await client.POST("/api/tickets", { body: {} });
  await client.POST("/conversations", { body: { participants: ["bob"] } });
  await client.POST("/messages", { body: { to: "bob", content: "Hello!" } });
  await client.POST("/v1/messages", { body: { message: "Hello!" } });
  const sent = await client.POST("/api/rooms/{room}/messages", { params: { path: { room } }, body: { content: "Hi" } });
  const page = await client.GET("/api/rooms/{room}/messages", { params: { path: { room }, query: { limit: 10 } } });
  // What may be absent is not taken for something that is always there.
  const message: components["schemas"]["Message"] = {
    room, seq: 1, version: 2, sender: { id: 1, username: "alice", display_name: "Alice" }, content: "Hi",
    at: "2026-01-31T00:00:00.000Z", deleted: false, mentions: [], reactions: [],
  };
  return `${token} ${sent.data?.seq} ${page.data?.messages.length} ${message.edited_at?.length}`;
}

// @ts-expect-error a required field is missing
void client.POST("/api/users", { body: { username: "alice" } });
// @ts-expect-error there is no such field
export const wrong: components["schemas"]["SendMessage"] = { content: "Hi", colour: "red" };
"""


def test_what_openapi_typescript_makes_of_the_document_compiles(server: Server, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "program.ts").write_text(PROGRAM)
    generate = [NODE, "node", str(MODULES / "openapi-typescript/bin/cli.js"), f"{server.url}/api/openapi.json"]
    made = subprocess.run([*generate, "-o", "hubbub.d.ts"], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    check = [NODE, "node", str(MODULES / "typescript/bin/tsc"), "--noEmit", "--strict", "--target", "es2022"]
    check += ["--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "program.ts"]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
