import { expect } from "chai";
import { statSync } from "node:fs";

import { problemOf } from "./daemon-problem.ts";
import type { Channel, Invoice, Payment } from "../../src/api/views.ts";
import { placesIn } from "../../src/daemon/directory.ts";
import { type Name, Row } from "./daemon-row.ts";
import { answerOf, type Daemon, hashlane, until } from "./daemon-world.ts";

const TIMEOUT_MS = 180_000;

describe("five daemons in a row", function () {
  this.timeout(TIMEOUT_MS);
  let row: Row;

  const at = (name: Name): Daemon => row.at(name);
  const channelsOf = (name: Name): Promise<readonly Channel[]> => row.channelsOf(name);
  const balances = (): Promise<Record<string, readonly string[]>> => row.balances();
  const isQuiet = (): Promise<boolean> => row.isQuiet();

  before(async () => {
    row = await Row.create();
  });

  after(async () => {
    await row.world.stop();
  });

  it("are connected, open channels and tell their fees, each knowing its neighbours alone", async () => {
    await row.join("2");
    const { client } = at("wang");
    const { node: peer } = await at("alice").info();
    const again = await client.call("open", { peer, amount: "2", idempotencyKey: "open wang" });
    expect(again).to.include({ kind: "open", status: "done" });
    expect(await channelsOf("wang")).to.have.length(1);
    expect(await balances()).to.deep.equal({
      wang: ["2"],
      alice: ["0", "2"],
      bob: ["0", "2"],
      carol: ["0", "2"],
      xiaohong: ["0"],
    });
  });

  it("pay an invoice over all of them, and nobody was told the route", async () => {
    const invoice = await answerOf<Invoice>(
      ...["invoice", "create", "1", "--description", "tea", "--dir", at("xiaohong").directory],
    );
    const payment = await answerOf<Payment>("pay", invoice.invoice, "--dir", at("wang").directory);
    expect(payment).to.deep.include({
      hash: invoice.hash,
      status: "succeeded",
      amount: { value: "1", asset: "ETH" },
      fee: { value: "0.003", asset: "ETH" },
      description: "tea",
      problem: null,
    });
    expect(payment.proof).to.match(/^0x[0-9a-f]{64}$/);
    await until("every lock to go", isQuiet);
    expect(await balances()).to.deep.equal({
      wang: ["0.997"],
      alice: ["1.003", "0.998"],
      bob: ["1.002", "0.999"],
      carol: ["1.001", "1"],
      xiaohong: ["1"],
    });
    const paid = await at("xiaohong").client.call("invoiceOf", {}, { hash: invoice.hash });
    expect(paid.status).to.equal("paid");
  });

  it("count what they exchange with each neighbour, and each counts the same", async () => {
    const [wang, alice, carol] = [
      await at("wang").info(),
      await at("alice").info(),
      await at("carol").info(),
    ];
    const count = async (name: Name, what: string, peer: string): Promise<number> => {
      const pattern = new RegExp(`^hashlane_peer_${what}_total\\{peer="${peer}"\\} (\\d+)$`, "m");
      return Number(pattern.exec(await at(name).metrics())?.[1]);
    };
    for (const unit of ["bytes", "messages"]) {
      for (const [from, to] of [
        ["alice", wang],
        ["wang", alice],
      ] as const) {
        const other = from === "alice" ? "wang" : "alice";
        const sender = from === "alice" ? alice : wang;
        expect(await count(from, `sent_${unit}`, to.node)).to.be.greaterThan(0);
        // What was said last may be under way.
        await until("both counts to agree", async () => {
          const sent = await count(from, `sent_${unit}`, to.node);
          return (await count(other, `received_${unit}`, sender.node)) === sent;
        });
      }
      expect(await count("alice", `sent_${unit}`, carol.node)).to.be.NaN;
    }
  });

  it("say where they listen, and keep their certificate to themselves", async () => {
    const { listens, uri } = await at("bob").info();
    expect(listens).to.equal(`wss://${uri?.split("@")[1] ?? ""}`);
    expect(statSync(placesIn(at("bob").directory).certificate).mode & 0o777).to.equal(0o600);
  });

  it("repeat nothing for a key that they know, and refuse it for anything else", async () => {
    const { client } = at("wang");
    const { invoice } = await at("xiaohong").client.call("invoice", { amount: "0.1" });
    const request = { invoice, idempotencyKey: "the tea of today" };
    const first = await client.call("pay", request);
    await until(
      "the payment",
      async () => (await client.call("paymentOf", {}, { id: first.id })).ended !== null,
    );
    const [again, twice] = await Promise.all([client.call("pay", request), client.call("pay", request)]);
    expect([again.id, twice.id, again.status]).to.deep.equal([first.id, first.id, "succeeded"]);
    const other = await problemOf(client.call("pay", { ...request, maxFee: "0.5" }));
    expect(other).to.include({ status: 409, code: "idempotency_conflict" });
    expect(other.values).to.deep.equal({ key: request.idempotencyKey, hash: first.hash });
    const fresh = await problemOf(client.call("pay", { ...request, idempotencyKey: "another key" }));
    expect(fresh).to.include({ status: 409, code: "already_paid" });
    const page = await client.call("payments", { limit: 1 });
    expect(page.entries.map(({ id }) => id)).to.deep.equal([first.id]);
    const rest = await client.call("payments", { limit: 1, cursor: page.next ?? "" });
    expect(rest.entries.map(({ id }) => Number(id))).to.deep.equal([Number(first.id) - 1]);
    expect(rest.next).to.equal(null);
    await until("every lock to go", isQuiet);
  });

  it("resolve a payment whose payer and hop were killed while it was locked, and pay it once", async () => {
    const before = await balances();
    const { invoice, hash } = await at("xiaohong").client.call("invoice", { amount: "0.2" });
    const request = { invoice, idempotencyKey: "over the crash" };
    // Carol answers nothing, so that the lock stays with Bob.
    at("carol").signal("SIGSTOP");
    const begun = await at("wang").client.call("pay", request);
    expect(begun.status).to.equal("pending");
    const lockedOut = async (): Promise<boolean> =>
      (await channelsOf("bob")).some(({ locked }) => locked.ours.value === "0.201");
    await until("Bob's lock", lockedOut);
    expect(await at("bob").end("SIGKILL")).to.equal(null);
    expect(await at("wang").end("SIGKILL")).to.equal(null);
    await Promise.all([at("bob").start(), at("wang").start()]);
    const repeated = await at("wang").client.call("pay", request);
    expect([repeated.id, repeated.status]).to.deep.equal([begun.id, "pending"]);
    expect(await lockedOut()).to.equal(true);
    at("carol").signal("SIGCONT");
    const { client } = at("wang");
    await until(
      "the payment",
      async () => (await client.call("paymentOf", {}, { id: begun.id })).ended !== null,
    );
    const ended = await client.call("pay", request);
    expect(ended).to.include({ id: begun.id, hash, status: "succeeded" });
    expect(ended.fee).to.deep.equal({ value: "0.003", asset: "ETH" });
    await until("every lock to go", isQuiet);
    const { entries } = await client.call("payments", {});
    expect(entries.filter((one) => one.hash === hash)).to.have.length(1);
    const after = await balances();
    expect([before.wang, after.wang]).to.deep.equal([["0.894"], ["0.691"]]);
    expect([before.xiaohong, after.xiaohong]).to.deep.equal([["1.1"], ["1.3"]]);
    expect(after.bob).to.deep.equal(["1.306", "0.697"]);
  });

  it("pay nothing while frozen, over a restart too, but receive; and others find no way through", async () => {
    const wang = at("wang");
    await answerOf("freeze", "--dir", wang.directory);
    expect(await wang.end("SIGTERM")).to.equal(0);
    await wang.start();
    const { invoice } = await at("xiaohong").client.call("invoice", { amount: "0.1" });
    const refused = await problemOf(wang.client.call("pay", { invoice, idempotencyKey: "while frozen" }));
    expect(refused).to.include({ status: 409, code: "node_frozen" });
    const back = await wang.client.call("invoice", { amount: "0.01" });
    await until("the way back to Wang", async () => {
      const paying = at("alice").client.call("pay", {
        invoice: back.invoice,
        idempotencyKey: "to the frozen",
      });
      const payment = await paying.catch((thrown: unknown) => thrown);
      if (thrown(payment)) return false;
      return (payment as Payment).status === "succeeded" || (payment as Payment).status === "pending";
    });
    await until(
      "Wang to be paid",
      async () => (await wang.client.call("invoiceOf", {}, { hash: back.hash })).status === "paid",
    );
    await answerOf("unfreeze", "--dir", wang.directory);
    await at("bob").client.call("freeze", {});
    await until(
      "Bob's disabled policies to arrive",
      async () =>
        (await wang.client.call("policies", {})).entries.filter(({ enabled }) => !enabled).length === 2,
    );
    const noWay = await problemOf(wang.client.call("pay", { invoice, idempotencyKey: "without Bob" }));
    expect(noWay).to.include({ status: 409, code: "no_route" });
    await at("bob").client.call("unfreeze", {});
  });

  it("close everything at the word exit", async () => {
    const wang = at("wang");
    await until("every lock to go", isQuiet);
    const answer = await answerOf<{ readonly entries: readonly unknown[] }>("exit", "--dir", wang.directory);
    expect(answer.entries).to.have.length(1);
    expect(await channelsOf("wang")).to.deep.equal([]);
    const { entries } = await wang.client.call("events", { limit: 500 });
    const ends = entries.filter(({ kind }) => kind === "channel_ended");
    expect(ends).to.have.length(1);
    expect(ends[0]?.data).to.deep.include({ how: "cooperative", received: { value: "0.701", asset: "ETH" } });
    expect(await wang.end("SIGTERM")).to.equal(0);
    const down = await hashlane("info", "--dir", wang.directory);
    expect([down.code, down.stdout]).to.deep.equal([3, ""]);
    expect(down.stderr).to.match(/^hashlane: the node of this directory is not running\.\n/);
  });
});

const thrown = (value: unknown): boolean => value instanceof Error;
