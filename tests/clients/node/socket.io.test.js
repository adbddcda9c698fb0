// socket.io with its adapter for Redis: two servers that share their rooms.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { flush, next, url } from "./support.js";

async function startServer() {
  const publisher = await createClient({ url }).connect();
  const subscriber = await publisher.duplicate().connect();
  const http = createServer();
  const io = new Server(http, { adapter: createAdapter(publisher, subscriber) });
  io.on("connection", (socket) => {
    socket.on("join", (room, done) => {
      socket.join(room);
      done();
    });
  });
  await new Promise((resolve) => http.listen(0, resolve));
  const close = async () => {
    await io.close();
    await publisher.close();
    await subscriber.close();
  };
  return { io, close, at: `http://127.0.0.1:${http.address().port}` };
}

test("what one server says in a room is heard by clients of the other", async () => {
  await flush();
  const [one, two] = [await startServer(), await startServer()];
  const [a, b] = [connect(one.at), connect(two.at)];
  await Promise.all([next(a, "connect"), next(b, "connect")]);
  await Promise.all([a.emitWithAck("join", "room"), b.emitWithAck("join", "room")]);

  const heard = Promise.all([next(a, "hello"), next(b, "hello")]);
  one.io.to("room").emit("hello", "world");
  assert.deepEqual(await heard, [["world"], ["world"]]);
  assert.equal((await one.io.in("room").fetchSockets()).length, 2);
  assert.equal(await two.io.of("/").adapter.serverCount(), 2);

  a.disconnect();
  b.disconnect();
  await Promise.all([one.close(), two.close()]);
});
