import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Decoded, Invoice, NewToken, Page, PaymentRoute, Token } from "../../src/api/views.ts";
import { ApiClient } from "../../src/client/api-client.ts";
import { placesIn, readText } from "../../src/daemon/directory.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

describe("what hashlane offers besides paying", function () {
  this.timeout(240_000);
  let world: DaemonWorld;
  let alice: Daemon;
  let bob: Daemon;
  let invoice: Invoice;

  const run = (...options: readonly string[]) => hashlane(...options, "--dir", alice.directory);

  const clientOf = (daemon: Daemon, token: string): ApiClient =>
    new ApiClient({ url: readText(placesIn(daemon.directory).apiUrl)?.trim() ?? "", token });

  before(async () => {
    world = await DaemonWorld.create();
    [alice, bob] = await Promise.all([world.init("alice"), world.init("bob")]);
    await Promise.all([alice.start(), bob.start()]);
    const { uri, node } = await bob.info();
    await answerOf("connect", uri ?? "", "--dir", alice.directory);
    await answerOf("open", node, "2", "--dir", alice.directory);
    await until("the policies", async () => (await alice.info()).policiesKnown === 2);
    invoice = await bob.client.call("invoice", { amount: "0.5", description: "tea" });
  });

  after(async () => {
    await world.stop();
  });

  it("decodes an invoice, in capital letters too, and says what is none", async () => {
    const { node } = await bob.info();
    for (const text of [invoice.invoice, invoice.invoice.toUpperCase()]) {
      const decoded = await answerOf<Decoded>("decode", text, "--dir", alice.directory);
      expect(decoded).to.deep.include({
        payee: node,
        hash: invoice.hash,
        description: "tea",
        isExpired: false,
      });
      expect(decoded.amount).to.deep.equal({ value: "0.5", asset: "ETH" });
    }
    const bad = await run("decode", "hl1nonsense");
    expect([bad.code, bad.stdout]).to.deep.equal([1, ""]);
    expect(bad.stderr)
      .to.match(/^hashlane: this is no invoice: /)
      .and.to.include("code: invoice_malformed");
  });

  it("shows the route and the fee without paying, and why there is none", async () => {
    const route = await answerOf<PaymentRoute>("route", invoice.invoice, "--dir", alice.directory);
    expect([route.fee.value, route.parts.length]).to.deep.equal(["0", 1]);
    expect(route.parts[0]?.hops.map(({ amount }) => amount.value)).to.deep.equal(["0.5"]);
    expect((await alice.client.call("payments", {})).entries).to.deep.equal([]);
    const large = await bob.client.call("invoice", { amount: "1.99" });
    const refused = await run("route", large.invoice);
    expect([refused.code, refused.stderr.includes("code: not_enough_balance")], refused.stderr).to.deep.equal(
      [1, true],
    );
    const own = await problemOf(bob.client.call("route", { invoice: invoice.invoice }));
    expect(own.code).to.equal("own_invoice");
    const graph = await run("graph");
    expect(graph.stdout).to.match(/^2 nodes, 1 channels\n/);
  });

  it("keeps a token to its budget, however many calls come at once, over a restart", async () => {
    const made = await answerOf<NewToken>(
      ...["token", "create", "--allow", "pay", "--budget", "1", "--per", "day", "--dir", alice.directory],
    );
    const asPayer = (): ApiClient => clientOf(alice, made.token);
    const invoices = await Promise.all(
      Array.from({ length: 5 }, async () => bob.client.call("invoice", { amount: "0.4" })),
    );
    const outcomes = await Promise.all(
      invoices.map(async ({ invoice: text }, index) =>
        asPayer()
          .call("pay", { invoice: text, maxFee: "0.01", idempotencyKey: `payment ${index}` })
          .then(
            () => "paid",
            (thrown: unknown) => (thrown as { problem: { code: string } }).problem.code,
          ),
      ),
    );
    expect(outcomes.filter((one) => one === "paid")).to.have.length(2);
    expect(outcomes.filter((one) => one === "budget_exceeded")).to.have.length(3);
    const forbidden = await problemOf(asPayer().call("exit", {}));
    expect([forbidden.code, forbidden.status]).to.deep.equal(["not_allowed", 403]);
    await alice.end("SIGTERM");
    await alice.start();
    await until("Bob", async () => (await alice.info()).peers === 1);
    const again = await bob.client.call("invoice", { amount: "0.3" });
    const payer = clientOf(alice, made.token);
    const over = await problemOf(
      payer.call("pay", { invoice: again.invoice, idempotencyKey: "after the restart" }),
    );
    expect(over.code).to.equal("budget_exceeded");
    const file = join(world.directory, "pay-token");
    writeFileSync(file, `${made.token}\n`);
    const listed = await answerOf<Page<Token>>("token", "list", "--dir", alice.directory);
    expect(listed.entries[0]).to.deep.include({ id: made.id, allow: ["pay"], per: "day" });
    expect(listed.entries[0]?.left).to.deep.equal({ value: "0.2", asset: "ETH" });
    const denied = await run("freeze", "--token-file", file);
    expect([denied.code, denied.stderr.includes("code: not_allowed")]).to.deep.equal([1, true]);
    await answerOf("token", "revoke", made.id, "--dir", alice.directory);
    expect((await problemOf(payer.call("info", {}))).status).to.equal(401);
    const bad = await run("token", "create", "--allow", "pay");
    expect([bad.code, bad.stderr.includes("a token that may pay needs a budget")]).to.deep.equal([1, true]);
  });

  it("completes commands in shells, and draws an invoice", async () => {
    const script = await hashlane("completion", "bash");
    const ask = (line: string): string =>
      execFileSync("bash", [
        "-c",
        `${script.stdout}\nCOMP_WORDS=(${line}) COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _hashlane; echo "\${COMPREPLY[@]}"`,
      ])
        .toString()
        .trim();
    expect(ask("hashlane inv")).to.equal("invoice");
    expect(ask("hashlane channel wit")).to.equal("withdraw");
    expect(ask("hashlane token create --bud")).to.equal("--budget");
    expect((await hashlane("completion", "zsh")).stdout).to.include("bashcompinit");
    expect((await hashlane("completion", "fish")).stdout).to.include('-a "create list revoke --help"');
    const unknown = await hashlane("completion", "cmd");
    expect([unknown.code, unknown.stdout]).to.deep.equal([2, ""]);
    const drawn = await hashlane("invoice", "create", "0.1", "--qr", "--dir", bob.directory);
    expect(drawn.stdout).to.match(/hl1[a-z0-9]+\n\n[█▀▄ \n]{400,}/);
  });
});
