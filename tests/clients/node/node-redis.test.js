// node-redis, as its documentation shows it, with both versions of the protocol.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { createClient } from "redis";
import { ask, flush, url } from "./support.js";

for (const RESP of [2, 3]) {
  describe(`RESP${RESP}`, () => {
    let client;
    before(async () => (client = await createClient({ url, RESP }).connect()));
    beforeEach(flush);
    after(() => client.close());

    test("sets, gets and expires", async () => {
      await client.set("key", "value", { expiration: { type: "EX", value: 10 }, condition: "NX" });
      assert.equal(await client.get("key"), "value");
      assert.equal(await client.ttl("key"), 10);
    });

    test("keeps hashes, sets and sorted sets", async () => {
      await client.hSet("key", { field1: "value1", field2: "value2" });
      assert.deepEqual({ ...(await client.hGetAll("key")) }, { field1: "value1", field2: "value2" });
      await client.sAdd("set", ["a", "b"]);
      assert.deepEqual((await client.sMembers("set")).sort(), ["a", "b"]);
      await client.zAdd("zset", [{ value: "a", score: 1.5 }, { value: "b", score: 2 }]);
      assert.deepEqual(await client.zRangeWithScores("zset", 0, -1), [
        { value: "a", score: 1.5 },
        { value: "b", score: 2 },
      ]);
    });

    test("pipelines what is sent in one tick", async () => {
      const replies = await Promise.all([client.set("tick", "1"), client.incr("tick"), client.get("tick")]);
      assert.deepEqual(replies, ["OK", 2, "2"]);
    });

    test("runs transactions, and drops one whose key was changed", async () => {
      assert.deepEqual(await client.multi().set("key", "1").incr("key").exec(), ["OK", 2]);
      await client.watch("key");
      await ask("SET key other");
      await assert.rejects(client.multi().set("key", "mine").exec(), /watched keys has been changed/);
    });

    test("publishes and subscribes", async () => {
      const subscriber = await client.duplicate().connect();
      let toldByName, toldByPattern;
      const byName = new Promise((resolve) => (toldByName = resolve));
      const byPattern = new Promise((resolve) => (toldByPattern = resolve));
      await subscriber.subscribe("channel", (...message) => toldByName(message));
      await subscriber.pSubscribe("chan*", (...message) => toldByPattern(message));
      assert.equal(await client.publish("channel", "message"), 2);
      assert.deepEqual(await byName, ["message", "channel"]);
      assert.deepEqual(await byPattern, ["message", "channel"]);
      await subscriber.unsubscribe("channel");
      await subscriber.pUnsubscribe("chan*");
      await subscriber.close();
    });

    test("walks keys", async () => {
      await client.mSet(Array.from({ length: 300 }, (_, i) => [`k:${i}`, `${i}`]));
      const found = new Set();
      for await (const keys of client.scanIterator({ MATCH: "k:*" })) keys.forEach((key) => found.add(key));
      assert.equal(found.size, 300);
    });

    test("waits for lists", async () => {
      const waiting = await client.duplicate().connect();
      const popped = waiting.blPop("queue", 5);
      await client.rPush("queue", "job");
      assert.deepEqual({ ...(await popped) }, { key: "queue", element: "job" });
      await waiting.close();
    });
  });
}

test("caches on the client's side", async () => {
  await flush();
  const caching = await createClient({ url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0 } }).connect();
  await ask("SET cached one");
  assert.equal(await caching.get("cached"), "one");
  await ask("SET cached two");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await caching.ping();
  assert.equal(await caching.get("cached"), "two");
  await caching.close();
});
