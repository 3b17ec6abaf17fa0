import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo, type Server } from "node:net";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Finding, Invoice, Page } from "../../src/api/views.ts";
import { connectChain } from "../../src/chain/connection.ts";
import { loadCrypto } from "../../src/crypto/native-crypto.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { encodeInvoice } from "../../src/protocol/invoice.ts";
import type { PaymentHash, Secret } from "../../src/protocol/types.ts";
import { type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";
import { silentUrl } from "./run-story.ts";

interface Expected {
  readonly exit: number;
  readonly code: string;
  /** First line of what is said, without the program's name. */
  readonly says: RegExp;
  readonly next: RegExp;
}

/** A command must end with this, in one message without a stack trace and with nothing on stdout. */
async function expectRefusal(
  options: readonly string[],
  { exit, code, says, next }: Expected,
): Promise<void> {
  const { code: ended, stdout, stderr } = await hashlane(...options);
  expect(ended, stderr).to.equal(exit);
  expect(stdout).to.equal("");
  expect(stderr).not.to.contain("    at ");
  const [first = "", ...rest] = stderr.trimEnd().split("\n");
  expect(first).to.match(/^hashlane: /);
  expect(first.slice("hashlane: ".length)).to.match(says);
  expect(rest.map((line) => line.trim())).to.include(`code: ${code}`);
  expect(rest.at(-1)?.trim()).to.match(next);
}

/** Signed by a stranger that no channel leads to. */
async function strangersInvoice(hashlaneAt: string, amount: bigint, expiry: number): Promise<string> {
  const suite = await loadCrypto();
  const encoded = encodeInvoice(suite.crypto, suite.createSigner(randomBytes(32)), {
    ...{ chainId: 31_337n, contract: must(parseAddress(hashlaneAt)), token: ZERO_ADDRESS, amount },
    hash: toHex<PaymentHash>(randomBytes(32)),
    paymentSecret: toHex<Secret>(randomBytes(32)),
    ...{ created: 1, expiry, claimTime: 3600, description: "" },
  });
  if (!encoded.ok) throw new Error(encoded.message);
  return encoded.text;
}

/** Changes the last byte of a contract, which nothing runs. */
async function spoilCode(url: string, contract: string): Promise<void> {
  const { provider } = await connectChain(url);
  const code = await provider.getCode(contract);
  const last = code.endsWith("00") ? "01" : "00";
  await provider.send("hardhat_setCode", [contract, `${code.slice(0, -2)}${last}`]);
  provider.destroy();
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const ETH = 10n ** 18n;
const FAR = 4_000_000_000;

describe("what hashlane refuses", function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let alice: Daemon;
  let bob: Daemon;
  const startOptions = (daemon: Daemon, ...more: readonly string[]): readonly string[] => [
    ...["start", "--dir", daemon.directory, "--password-file", daemon.passwordFile, ...more],
  ];

  before(async () => {
    world = await DaemonWorld.create();
    [alice, bob] = await Promise.all([world.init("alice", "--max-payment", "3"), world.init("bob")]);
    await Promise.all([alice.start(), bob.start()]);
    const { uri, node } = await bob.info();
    await alice.client.call("connect", { address: uri ?? "" });
    await until("the connection", async () => (await alice.info()).peers === 1);
    await alice.client.call("open", { peer: node, amount: "1", idempotencyKey: "the only one" });
    await until("the channel", async () =>
      (await alice.client.call("channels", {})).entries.every(({ status }) => status === "usable"),
    );
  });

  after(async () => {
    await world.stop();
  });

  it("wrong usage, with exit code 2", async () => {
    const outcomes = await Promise.all([
      hashlane("fly"),
      hashlane("info", "--nonsense"),
      hashlane("invoice", "create"),
    ]);
    expect(outcomes.map(({ code }) => code)).to.deep.equal([2, 2, 2]);
    expect(outcomes.map(({ stderr }) => stderr.split("\n")[0])).to.deep.equal([
      "error: unknown command 'fly'",
      "error: unknown option '--nonsense'",
      "error: missing required argument 'amount'",
    ]);
  });

  it("an init that cannot be: no chain, no contract, no room, a short password, no words", async () => {
    const away = await silentUrl();
    const fresh = world.initOptions("nobody");
    const short = join(world.directory, "short");
    const words = join(world.directory, "bad-words");
    writeFileSync(short, "1234567\n");
    writeFileSync(words, "one two three\n");
    await Promise.all([
      expectRefusal([...fresh, "--rpc", away], {
        exit: 1,
        code: "chain_unreachable",
        says: /^no chain answers\.$/,
        next: /^Check the address, that the node runs/,
      }),
      expectRefusal([...world.initOptions("no-one"), "--hashlane", `0x${"77".repeat(20)}`], {
        exit: 1,
        code: "contract_missing",
        says: /^there is no contract at this address\.$/,
        next: /deploy the contracts first\.$/,
      }),
      expectRefusal(world.initOptions("alice"), {
        exit: 1,
        code: "directory_taken",
        says: /^the file for the words is there already\.$/,
        next: /^Name one that does not exist\.$/,
      }),
      expectRefusal([...world.initOptions("alice"), "--words-file", join(world.directory, "more.words")], {
        exit: 1,
        code: "directory_taken",
        says: /^this directory holds files already\.$/,
        next: /^Choose another with --dir; /,
      }),
      expectRefusal([...world.initOptions("nobody-2"), "--password-file", short], {
        exit: 2,
        code: "bad_usage",
        says: /^the password has fewer than 8 characters\.$/,
        next: /^Choose a longer one\.$/,
      }),
      expectRefusal([...world.initOptions("nobody-3"), "--from-words-file", words], {
        exit: 1,
        code: "bad_phrase",
        says: /^these words are no BIP-39 phrase\.$/,
        next: /^Check the spelling/,
      }),
    ]);
  });

  it("a start that cannot be: wrong password, no node, store in use, ports in use, no chain", async () => {
    const wrong = join(world.directory, "wrong");
    writeFileSync(wrong, "not the password\n");
    const carol = await world.init("carol");
    const [taken, away] = [await listenAnywhere(), await silentUrl()];
    const { port } = taken.address() as AddressInfo;
    try {
      await Promise.all([
        expectRefusal(["start", "--dir", carol.directory, "--password-file", wrong], {
          exit: 1,
          code: "wrong_password",
          says: /^the password does not open the keystore\.$/,
          next: /chosen at init\.$/,
        }),
        expectRefusal(["start", "--dir", world.directory, "--password-file", wrong], {
          exit: 1,
          code: "directory_missing",
          says: /^there is no node in this directory\.$/,
          next: /^Make one with hashlane init/,
        }),
        expectRefusal(startOptions(alice), {
          exit: 1,
          code: "store_locked",
          says: /^this store is open already/,
          next: /^Stop that process/,
        }),
        expectRefusal(startOptions(carol, "--rpc", away), {
          exit: 1,
          code: "chain_unreachable",
          says: /^no chain answers\.$/,
          next: /^Check the address/,
        }),
      ]);
      // One after the other: they would find each other's lock.
      await expectRefusal(startOptions(carol, "--listen", `127.0.0.1:${port}`), {
        exit: 1,
        code: "listen_failed",
        says: /^no connections can be taken at this address\.$/,
        next: /^Choose a free port/,
      });
      await expectRefusal(startOptions(carol, "--api-port", String(port)), {
        exit: 1,
        code: "listen_failed",
        says: /^the API cannot be offered at this port\.$/,
        next: /^Choose a free one with --api-port/,
      });
    } finally {
      taken.close();
    }
  });

  it("a payment that cannot be: no invoice, no route, too little, too much, too dear, our own", async () => {
    const { chain } = await alice.info();
    const pay = (invoice: string, ...more: readonly string[]): readonly string[] => [
      ...["pay", invoice, "--dir", alice.directory, ...more],
    ];
    const invoiceOf = async (daemon: Daemon, amount: string): Promise<Invoice> =>
      daemon.client.call("invoice", { amount });
    await Promise.all([
      expectRefusal(pay("hl1nonsense"), {
        exit: 1,
        code: "invoice_malformed",
        says: /^this is no invoice: .*checksum does not fit/,
        next: /^Ask the payee for the whole text/,
      }),
      expectRefusal(pay(await strangersInvoice(chain.contract, ETH / 2n, FAR)), {
        exit: 1,
        code: "no_route",
        says: /^nothing was paid: no route for 500000000000000000 to 0x/,
        next: /^Connect with a node of the network/,
      }),
      expectRefusal(pay(await strangersInvoice(chain.contract, ETH / 2n, 2)), {
        exit: 1,
        code: "invoice_expired",
        says: /^nothing was paid: the invoice expired at 2, /,
        next: /^Ask the payee for a new invoice\.$/,
      }),
      expectRefusal(pay((await invoiceOf(bob, "0.990000000000000001")).invoice), {
        exit: 1,
        code: "not_enough_balance",
        says: /^nothing was paid: .* needs 1 more in our own channels/,
        next: /^Deposit into a channel/,
      }),
      expectRefusal(pay((await invoiceOf(bob, "3.000000000000000001")).invoice), {
        exit: 1,
        code: "payment_above_limit",
        says: /^the payment is larger than this node's owner allows\.$/,
        next: /assets\.ETH\.maxPayment/,
      }),
      expectRefusal(pay((await invoiceOf(alice, "0.1")).invoice), {
        exit: 1,
        code: "own_invoice",
        says: /^nothing was paid: this node is the payee/,
        next: /^Give it to the payer\.$/,
      }),
    ]);
    expect((await alice.client.call("payments", {})).entries).to.deep.equal([]);
  });

  it("pays the very last wei that it has just refused one more of", async () => {
    const { invoice } = await bob.client.call("invoice", { amount: "0.99" });
    const { code, stdout } = await hashlane("pay", invoice, "--dir", alice.directory);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^Paid 0\.99 ETH, fee 0 ETH\.\nProof: 0x[0-9a-f]{64}\n$/);
  });

  it("amounts, names and channels that are none", async () => {
    const at = ["--dir", alice.directory];
    const { node } = await bob.info();
    await Promise.all([
      expectRefusal(["invoice", "create", "1,5", ...at], {
        exit: 1,
        code: "bad_amount",
        says: /^"1,5" is no amount of ETH/,
        next: /^Correct the amount\.$/,
      }),
      expectRefusal(["invoice", "create", "0", ...at], {
        exit: 1,
        code: "bad_amount",
        says: /^amount is 0\.$/,
        next: /above 0\.$/,
      }),
      expectRefusal(["invoice", "create", "1", "--asset", "GOLD", ...at], {
        exit: 1,
        code: "unknown_asset",
        says: /^GOLD is no asset of this node\.$/,
        next: /^Use ETH, or add it to the config\.$/,
      }),
      expectRefusal(["channel", "close", `0x${"11".repeat(32)}`, ...at], {
        exit: 1,
        code: "unknown_channel",
        says: /^this node has no such channel\.$/,
        next: /^List the channels/,
      }),
      expectRefusal(["channel", "open", `0x${"11".repeat(20)}`, "1", ...at], {
        exit: 1,
        code: "peer_not_connected",
        says: /^the node is not connected\.$/,
        next: /hashlane connect/,
      }),
      expectRefusal(["channel", "open", node, "100", ...at], {
        exit: 1,
        code: "not_enough_funds",
        says: /^the node's account holds too little/,
        next: /^Send money to the account/,
      }),
      expectRefusal(["connect", `0x${"11".repeat(20)}@127.0.0.1:1`, "--timeout", "1", ...at], {
        exit: 5,
        code: "under_way",
        says: /^no connection after 1 s\.$/,
        next: /^The node goes on trying/,
      }),
      expectRefusal(["connect", "127.0.0.1:9735", ...at], {
        exit: 1,
        code: "bad_address",
        says: /^this is no address of a node/,
        next: /hashlane info prints\.$/,
      }),
    ]);
  });

  it("a doctor finds what is wrong, on a running node and on one that is down", async () => {
    chmodSync(join(alice.directory, "keystore.json"), 0o644);
    const well = await hashlane("doctor", "--json", "--dir", alice.directory);
    expect(well.code, well.stderr).to.equal(0);
    const levels = ({ stdout }: { readonly stdout: string }): Record<string, string> =>
      Object.fromEntries(
        (JSON.parse(stdout) as Page<Finding>).entries.map(({ check, level, found }) => [
          check === "secrets" ? `${check} ${/keystore|certificate|token/.exec(found)?.[0] ?? ""}` : check,
          level,
        ]),
      );
    expect(levels(well)).to.include({
      ...{ chain: "ok", contract: "ok", disk: "ok", store: "ok", gas: "ok", peers: "ok" },
      ...{
        "secrets keystore": "warning",
        "secrets token": "ok",
        "secrets certificate": "ok",
        outgoing: "warning",
        incoming: "ok",
      },
    });
    expect(await bob.end("SIGINT")).to.equal(0);
    const ill = await hashlane("doctor", "--json", "--dir", bob.directory);
    expect(ill.code).to.equal(1);
    expect(levels(ill)).to.include({ daemon: "failure", chain: "ok", contract: "ok" });
    await spoilCode(world.chain.url, (await alice.info()).chain.contract);
    const foreign = await hashlane("doctor", "--json", "--dir", alice.directory);
    expect(foreign.code).to.equal(1);
    expect(levels(foreign)).to.include({ chain: "ok", contract: "failure" });
    await world.chain.stop();
    const cut = await hashlane("doctor", "--json", "--dir", alice.directory);
    expect(cut.code).to.equal(1);
    expect(levels(cut)).to.include({ chain: "failure", gas: "failure", store: "ok" });
  });
});
