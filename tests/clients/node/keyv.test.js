// keyv with its store for Redis: a cache with lifetimes and namespaces.
import assert from "node:assert/strict";
import { test } from "node:test";
import KeyvRedis from "@keyv/redis";
import Keyv from "keyv";
import { ask, flush, url } from "./support.js";

test("values come back as what they were, until their time is up", async () => {
  await flush();
  const keyv = new Keyv(new KeyvRedis(url));
  await keyv.set("foo", { deep: [1, 2, "three"] });
  assert.deepEqual(await keyv.get("foo"), { deep: [1, 2, "three"] });
  await keyv.set("short", "lived", 50);
  assert.equal(await keyv.get("short"), "lived");
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.equal(await keyv.get("short"), undefined);
  assert.equal(await keyv.delete("foo"), true);
  assert.equal(await keyv.get("foo"), undefined);
  await keyv.disconnect();
});

test("namespaces are cleared one by one", async () => {
  await flush();
  const users = new Keyv(new KeyvRedis(url), { namespace: "users" });
  const cache = new Keyv(new KeyvRedis(url), { namespace: "cache" });
  await users.set("foo", "users");
  await cache.set("foo", "cache");
  await users.clear();
  assert.equal(await users.get("foo"), undefined);
  assert.equal(await cache.get("foo"), "cache");
  assert.match(await ask("DBSIZE"), /:1/);
  await Promise.all([users.disconnect(), cache.disconnect()]);
});
