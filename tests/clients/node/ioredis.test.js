// ioredis, as its documentation shows it.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import Redis from "ioredis";
import { ask, flush, next, port } from "./support.js";

let redis;
before(() => (redis = new Redis(port, "127.0.0.1")));
beforeEach(flush);
after(() => redis.quit());

test("sets, gets and expires", async () => {
  assert.equal(await redis.set("mykey", "value", "EX", 10), "OK");
  assert.equal(await redis.get("mykey"), "value");
  assert.equal(await redis.ttl("mykey"), 10);
});

test("keeps sorted sets, hashes, lists and sets", async () => {
  await redis.zadd("sortedSet", 1, "one", 2, "dos", 4, "quatro", 3, "three");
  assert.deepEqual(await redis.zrange("sortedSet", 0, 2, "WITHSCORES"), ["one", "1", "dos", "2", "three", "3"]);
  await redis.hset("hash", { name: "Ada", born: 1815 });
  assert.deepEqual(await redis.hgetall("hash"), { name: "Ada", born: "1815" });
  await redis.rpush("list", 1, 2, 3);
  assert.deepEqual(await redis.lrange("list", 0, -1), ["1", "2", "3"]);
  await redis.sadd("set", [1, 3, 5, 7]);
  assert.equal(await redis.scard("set"), 4);
});

test("keeps binary values", async () => {
  const bytes = Buffer.from([0, 13, 10, 255, 128]);
  await redis.set("bytes", bytes);
  assert.deepEqual(await redis.getBuffer("bytes"), bytes);
});

test("pipelines", async () => {
  const replies = await redis.pipeline().set("foo", "bar").get("foo").incr("foo").exec();
  assert.deepEqual(replies.slice(0, 2), [[null, "OK"], [null, "bar"]]);
  assert.match(replies[2][0].message, /not an integer/);
});

test("runs transactions, and drops one whose key was changed", async () => {
  assert.deepEqual(await redis.multi().set("foo", "1").incr("foo").exec(), [[null, "OK"], [null, 2]]);
  await redis.watch("foo");
  await ask("SET foo other");
  assert.equal(await redis.multi().set("foo", "mine").exec(), null);
  assert.equal(await redis.get("foo"), "other");
});

test("publishes and subscribes, patterns too", async () => {
  const subscriber = new Redis(port, "127.0.0.1");
  assert.equal(await subscriber.subscribe("news", "music"), 2);
  assert.equal(await subscriber.psubscribe("pat?ern"), 3);
  const message = next(subscriber, "message"), matched = next(subscriber, "pmessage");
  assert.equal(await redis.publish("news", "hello"), 1);
  assert.equal(await redis.publish("pattern", "world"), 1);
  assert.deepEqual(await message, ["news", "hello"]);
  assert.deepEqual(await matched, ["pat?ern", "pattern", "world"]);
  await subscriber.quit();
});

test("waits for lists", async () => {
  const waiting = new Redis(port, "127.0.0.1");
  const popped = waiting.blpop("queue", 5);
  await redis.rpush("queue", "job");
  assert.deepEqual(await popped, ["queue", "job"]);
  await waiting.quit();
});

test("streams the results of a scan", async () => {
  const pairs = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`user:${i}`, i]));
  await redis.mset(pairs);
  const found = new Set();
  for await (const keys of redis.scanStream({ match: "user:*", count: 100 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 1000);
});

test("pipelines by itself", async () => {
  const auto = new Redis(port, "127.0.0.1", { enableAutoPipelining: true });
  const replies = await Promise.all(Array.from({ length: 500 }, (_, i) => auto.set(`auto:${i}`, i)));
  assert.ok(replies.every((reply) => reply === "OK"));
  await auto.quit();
});

test("watches all requests", async () => {
  const monitor = await redis.monitor();
  const seen = next(monitor, "monitor");
  await redis.set("foo", "bar");
  assert.deepEqual((await seen)[1], ["set", "foo", "bar"]);
  monitor.disconnect();
});

test("is told of errors", async () => {
  await redis.set("text", "x");
  await assert.rejects(redis.lpush("text", 1), /WRONGTYPE/);
  await assert.rejects(redis.call("NOSUCH"), /unknown command/);
});
