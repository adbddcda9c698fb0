// What the tests of all clients need: where the server is, and clean keys for each test.
import net from "node:net";

export const port = Number(process.env.STINT_PORT);
if (!port) throw new Error("STINT_PORT is not set");
export const url = `redis://127.0.0.1:${port}`;

// One inline request on a connection of its own, which depends on no client.
export function ask(request) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(`${request}\r\n`));
    socket.once("data", (reply) => {
      socket.destroy();
      resolve(reply.toString());
    });
    socket.once("error", reject);
  });
}

export const flush = () => ask("FLUSHALL");

// Resolves with the first thing that an emitter emits under that name.
export const next = (emitter, name) => new Promise((resolve) => emitter.once(name, (...all) => resolve(all)));
