/**
 * A node in a process of its own, which its parent talks to over IPC. At a moment that it was told it is gone at once,
 * as if the power had failed: nothing is flushed, no connection is closed in good order.
 */
import { fromHex } from "../../src/protocol/bytes.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { createFileStore } from "../../src/store/file-store.ts";
import type { Transport } from "../../src/transport/port.ts";
import { SocketTransport } from "../../src/transport/socket-transport.ts";
import { openRunningChain } from "./chain.ts";
import { messageOf, StoryFailure } from "./failure.ts";
import type { Death, HopReady, HopSetup } from "./hop-setup.ts";
import { startPlayer } from "./nodes.ts";
import { setFee } from "./row.ts";
import { connectWorld, createPerson } from "./world.ts";

/** Whether this message is the first sign that the hop has taken the step before which it dies. */
function isFatal(death: Death, message: Message): boolean {
  if (death === "before-paying-on")
    return message.kind === "update" && message.changes.some(({ kind }) => kind === "add");
  return (
    message.kind === "fulfil" ||
    (message.kind === "update" && message.changes.some(({ kind }) => kind === "win"))
  );
}

/** What leads to a message is durable when it is sent, so that death comes between the disk and the wire. */
function mortal(transport: SocketTransport, death: Death): Transport {
  return {
    id: transport.id,
    get address() {
      return transport.address;
    },
    start: (listener) => transport.start(listener),
    connect: (peer, address) => transport.connect(peer, address),
    send: (to, message) => {
      if (isFatal(death, message)) process.kill(process.pid, "SIGKILL");
      return transport.send(to, message);
    },
    stop: () => transport.stop(),
  };
}

async function run(setup: HopSetup): Promise<HopReady> {
  const chain = await openRunningChain(setup.url);
  const world = await connectWorld(chain, setup);
  const keys = { owner: fromHex(setup.owner), signer: fromHex(setup.signer) };
  const person = createPerson(world, setup.name, keys);
  const { crypto } = world.suite;
  const transport = new SocketTransport({
    identity: { signer: person.signer, crypto, domain: world.contracts.domain },
    security: { kind: "plain" },
    listen: { host: "127.0.0.1", port: 0 },
  });
  const player = await startPlayer(world, person, {
    transport: mortal(transport, setup.death),
    store: createFileStore({ directory: setup.directory }),
  });
  const { channel, fee, most } = setup.policy;
  await setFee(player, channel, { fee: BigInt(fee), most: BigInt(most) });
  const { address } = player.node;
  if (address === null) throw new StoryFailure(`${setup.name}'s node takes no connections.`);
  return { address };
}

process.once("disconnect", () => process.exit(0));
process.once("message", (setup) => {
  run(setup as HopSetup).then(
    (ready) => process.send?.(ready),
    (thrown: unknown) => {
      process.stderr.write(`${messageOf(thrown)}\n`);
      process.exit(1);
    },
  );
});
