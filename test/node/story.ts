import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileStore } from "../../src/store/file-store.ts";
import { createCertificate } from "../../src/transport/certificate.ts";
import { SocketTransport } from "../../src/transport/socket-transport.ts";
import {
  DOMAIN,
  ETH,
  loadOnce,
  memoryParts,
  outcomeOf,
  POLICY,
  waitFor,
  World,
  type Member,
  type Parts,
} from "./world.ts";

const directories: string[] = [];

async function separateParts(): Promise<Parts> {
  const directory = await mkdtemp(join(tmpdir(), "hashlane-node-"));
  directories.push(directory);
  const { crypto } = await loadOnce();
  const security = { kind: "tls", certificate: await createCertificate() } as const;
  return {
    store: (name) => createFileStore({ directory: join(directory, name) }),
    transport: (signer) =>
      new SocketTransport({
        identity: { signer, crypto, domain: DOMAIN },
        security,
        listen: { host: "127.0.0.1", port: 0 },
        backOff: { firstMs: 2, longestMs: 8, random: () => 0.5 },
      }),
  };
}

after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

const WORLDS: readonly (readonly [string, () => Promise<Parts>])[] = [
  ["in memory", () => Promise.resolve(memoryParts())],
  ["over sockets and files", separateParts],
];

for (const [name, makeParts] of WORLDS) {
  describe(`a node ${name}`, () => {
    let world: World;
    beforeEach(async () => {
      world = await World.create(await makeParts());
    });
    afterEach(() => world.stop());

    async function row(...names: string[]) {
      const members: Member[] = [];
      for (const each of names) members.push(await world.add(each));
      const channels = members.slice(1).map((member, i) => {
        const before = members[i] ?? member;
        world.dial(before, member);
        return world.open(before, member, 10n * ETH, 10n * ETH);
      });
      world.ledger.mine();
      for (const [i, member] of members.entries()) {
        const ends = i === 0 || i === members.length - 1;
        await world.notice(member, "channelUsable", ends ? 1 : 2);
      }
      for (const [i, channel] of channels.entries()) {
        for (const member of members.slice(i, i + 2)) await member.node.setPolicy({ channel, ...POLICY });
      }
      return { members, channels };
    }

    it("[FEE-1] pays 1 ETH over three hops: 1.003 leaves the payer, 1.000 reaches the payee", async () => {
      const { members } = await row("Wang", "Alice", "Bob", "Carol", "Xiaohong");
      const [wang, , , , xiaohong] = members;
      if (wang === undefined || xiaohong === undefined) throw new Error("the row is too short");
      const { text, hash } = await xiaohong.node.createInvoice({ amount: ETH });
      const receipt = await world.pay(wang, text, ETH / 100n);
      expect(receipt).to.deep.include({ hash, amount: ETH, fee: 3n * 10n ** 15n });
      const { crypto } = await loadOnce();
      const digest = Buffer.from(crypto.sha256(Buffer.from(receipt.secret.slice(2), "hex"))).toString("hex");
      expect(`0x${digest}`).to.equal(hash);
      await world.notice(xiaohong, "invoicePaid");
      for (const member of members) await world.settled(member);
      const moved = members.map(({ node }) =>
        node.channels().reduce((sum, channel) => sum + channel.balance.ours - channel.deposits.ours, 0n),
      );
      const fee = 10n ** 15n;
      expect(moved).to.deep.equal([-ETH - 3n * fee, fee, fee, fee, ETH]);
      expect(wang.node.payment(hash)).to.deep.include({ status: "succeeded", fee: 3n * fee });
      expect(xiaohong.node.invoiceStatus(hash)).to.equal("paid");
    });

    async function pair() {
      const { members, channels } = await row("Alice", "Bob");
      const [alice, bob] = members;
      const [channel] = channels;
      if (alice === undefined || bob === undefined || channel === undefined) throw new Error("no pair");
      return { alice, bob, channel };
    }

    it("pays the neighbour directly, many times at once, and each is acknowledged", async () => {
      const { alice, bob, channel } = await pair();
      const amounts = Array.from({ length: 200 }, (_, i) => BigInt(i + 1));
      const paying = Promise.all(amounts.map((amount) => alice.node.payDirect({ channel, amount })));
      const receipts = await outcomeOf("200 acknowledgements", paying);
      expect(receipts.map(({ amount }) => amount)).to.deep.equal(amounts);
      expect(new Set(receipts.map(({ tag }) => tag)).size).to.equal(200);
      const total = amounts.reduce((sum, amount) => sum + amount);
      const [theirs, ours] = [alice.node.channels()[0], bob.node.channels()[0]];
      expect(theirs?.balance).to.deep.equal({ ours: 10n * ETH - total, theirs: 10n * ETH + total });
      expect(ours?.balance).to.deep.equal({ ours: 10n * ETH + total, theirs: 10n * ETH - total });
      await world.notice(bob, "directReceived", 200);
      const received = bob.notices.filter(({ kind }) => kind === "directReceived");
      expect(received).to.have.length(200);
    });

    it("closes by agreement, and tells both what the chain paid", async () => {
      const { alice, bob, channel } = await pair();
      await outcomeOf("an acknowledgement", alice.node.payDirect({ channel, amount: ETH }));
      const closing = alice.node.closeCooperatively(channel);
      await waitFor("the closing transaction", () => world.ledger.waiting > 0);
      world.ledger.mine();
      expect(await outcomeOf("the close", closing)).to.deep.equal({
        channel,
        how: "cooperative",
        received: 9n * ETH,
      });
      await world.notice(bob, "channelEnded");
      expect(bob.notices.findLast(({ kind }) => kind === "channelEnded")).to.deep.include({
        received: 11n * ETH,
      });
      expect(alice.node.channels()).to.deep.equal([]);
    });

    it("closes alone when the peer is gone, and is paid after the challenge period", async () => {
      const { alice, bob, channel } = await pair();
      await outcomeOf("an acknowledgement", bob.node.payDirect({ channel, amount: ETH }));
      await bob.node.stop();
      const closing = alice.node.closeAlone(channel);
      await outcomeOf("the settlement", closing, (turns) => {
        if (turns % 20 === 0) world.ledger.mine(100);
      });
      expect(await closing).to.deep.equal({ channel, how: "settled", received: 11n * ETH });
    });

    it("goes on after a stop where it was, with its balances and without counting anything twice", async () => {
      const { alice, bob, channel } = await pair();
      await outcomeOf("an acknowledgement", alice.node.payDirect({ channel, amount: 5n }));
      await bob.node.stop();
      const meanwhile = alice.node.payDirect({ channel, amount: 7n });
      world.ledger.mine();
      await world.restart(bob);
      world.dial(alice, bob);
      expect((await outcomeOf("the late acknowledgement", meanwhile)).amount).to.equal(7n);
      expect(bob.node.channels()[0]?.balance).to.deep.equal({
        ours: 10n * ETH + 12n,
        theirs: 10n * ETH - 12n,
      });
      const { text } = await bob.node.createInvoice({ amount: 100n });
      expect((await world.pay(alice, text)).amount).to.equal(100n);
      await world.settled(bob);
      await bob.node.stop();
      await world.restart(bob);
      expect(bob.node.channels()[0]?.balance.ours).to.equal(10n * ETH + 112n);
    });

    it("takes nobody for connected after a start, whoever was before", async () => {
      const { alice, bob } = await pair();
      expect(bob.node.channels()[0]).to.deep.include({ connected: true, status: "usable" });
      await alice.node.stop();
      await bob.node.stop();
      await world.restart(bob);
      await waitFor("Bob to forget the connection", () => bob.node.channels()[0]?.connected === false);
    });
  });
}
