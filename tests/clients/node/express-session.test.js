// express-session with connect-redis: sessions of a web application.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import { ask, flush, url } from "./support.js";

test("a session outlives its requests, and ends when it is destroyed", async () => {
  await flush();
  const client = await createClient({ url }).connect();
  const store = new RedisStore({ client, prefix: "myapp:" });
  const app = express();
  app.use(session({ store, resave: false, saveUninitialized: false, secret: "keyboard cat" }));
  app.get("/count", (request, response) => {
    request.session.count = (request.session.count ?? 0) + 1;
    response.send(String(request.session.count));
  });
  app.get("/leave", (request, response) => request.session.destroy(() => response.send("bye")));
  const server = app.listen(0);
  await new Promise((resolve) => server.once("listening", resolve));
  const at = `http://127.0.0.1:${server.address().port}`;

  const first = await fetch(`${at}/count`);
  const headers = { cookie: first.headers.get("set-cookie").split(";")[0] };
  assert.equal(await first.text(), "1");
  assert.equal(await (await fetch(`${at}/count`, { headers })).text(), "2");
  const [key] = await client.keys("myapp:*");
  assert.ok((await client.ttl(key)) > 86000);
  assert.equal(await store.length(), 1);
  assert.equal((await store.ids()).length, 1);
  await fetch(`${at}/leave`, { headers });
  assert.match(await ask("DBSIZE"), /:0/);
  await store.clear();

  server.closeAllConnections();
  server.close();
  await client.close();
});
