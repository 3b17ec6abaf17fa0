import { expect } from "chai";
import { transact } from "../../src/chain/receipt.ts";
import { callsOf } from "../../src/chain/transactions.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Secret } from "../../src/protocol/types.ts";
import type { Tower } from "../../src/tower/tower.ts";
import type { Channel } from "../chain/chain-world.ts";
import { headAt, refusalOf, TOWER, TowerWorld } from "./tower-world.ts";

const LEAD = 100;

describe("a tower that records witnesses", function () {
  this.timeout(60_000);
  let world: TowerWorld;
  let channel: Channel;
  let tower: Tower;

  beforeEach(async () => {
    world = await TowerWorld.create();
    channel = await world.open();
    tower = await start();
    await world.client(tower, channel.signers.A).appoint(world.appointment(channel, headAt(1, 5n)));
  });
  afterEach(() => world.stop());

  const start = () => world.start({ recordSeconds: LEAD, witnessesOfClient: 2 });
  const secret = (byte: string) => `0x${byte.repeat(32)}` as Secret;
  const hand = (...list: { secret: Secret; before: number }[]) =>
    world.client(tower, channel.signers.A).witnesses(list);
  const recorded = async () => {
    const { registry } = world.chain.contracts;
    const [single, lists] = [
      await registry.queryFilter(registry.filters.Recorded()),
      await registry.queryFilter(registry.filters.ListRecorded()),
    ];
    return [...single.map(({ args }) => args.witness), ...lists.flatMap(({ args }) => [...args.witnesses])];
  };
  const mineAt = async (time: number) => {
    await world.chain.travelTo(time);
    await world.chain.mine();
  };

  it("[TOWER-6] does so before their time, not a second sooner than it must, in one call, over a restart", async () => {
    const before = (await world.chain.time()) + 1000;
    const receipt = await hand({ secret: secret("01"), before }, { secret: secret("02"), before });
    expect(receipt.block).to.equal(tower.store.head.number);
    await world.end(tower);
    tower = await start();
    await mineAt(before - LEAD - 1);
    await world.lookOften(tower);
    expect(await recorded()).to.deep.equal([]);
    await mineAt(before - LEAD);
    await world.lookUntil(tower, "a record", async () => (await recorded()).length > 0);
    await world.lookOften(tower);
    expect(await recorded()).to.deep.equal([secret("01"), secret("02")]);
    expect(await world.sent()).to.equal(1);
    expect(tower.store.witnesses.waiting).to.equal(0);
  });

  it("sends nothing for one that somebody else has recorded, that is taken back, or that is too late", async () => {
    const before = (await world.chain.time()) + 1000;
    const { contracts, first } = world.chain;
    const wish = { kind: "record", key: "", secrets: [secret("01")] } as const;
    await hand({ secret: secret("01"), before }, { secret: secret("02"), before });
    for (const call of callsOf(contracts, portableCrypto, wish)) await transact(first, "recording", call);
    await hand({ secret: secret("01"), before }, { secret: secret("03"), before: before - 999 });
    await mineAt(before - LEAD);
    await world.lookOften(tower);
    expect(await world.sent()).to.equal(0);
  });

  it("takes them of its clients alone, and no more than it says", async () => {
    const before = (await world.chain.time()) + 1000;
    const other = world.client(tower, channel.signers.B);
    expect(await refusalOf(other.witnesses([]))).to.deep.equal({
      ...{ status: 403, code: "not_a_client", values: { client: channel.params.signerB } },
    });
    const list = ["01", "02", "03"].map((byte) => ({ secret: secret(byte), before }));
    await hand(...list.slice(0, 2));
    expect(await refusalOf(hand(...list))).to.deep.equal({
      ...{ status: 429, code: "too_many_witnesses" },
      values: { client: channel.params.signerA, count: "3", most: "2" },
    });
    expect(tower.store.witnesses.waiting).to.equal(2);
    await hand();
    expect(tower.store.witnesses.waiting).to.equal(0);
  });

  it("takes them with the client's signature on the whole list alone", async () => {
    const fresh = await fetch(`${tower.url}/v1/challenges`, { method: "POST" });
    const { challenge } = (await fresh.json()) as { readonly challenge: string };
    const signature = world.sign(channel, "A", headAt(1, 5n));
    const fields = { client: channel.params.signerA, challenge, signature };
    const send = async (witnesses: string) => {
      const body = JSON.stringify({ ...fields, witnesses });
      const response = await fetch(`${tower.url}/v1/witnesses`, { method: "PUT", body });
      const { code } = (await response.json()) as { readonly code: string };
      return [response.status, code];
    };
    expect(await send(`${secret("01")}:99`)).to.deep.equal([403, "wrong_client"]);
    for (const text of [
      secret("01"),
      `${secret("01")}:`,
      `${secret("01")}:x`,
      "0x01:5",
      `${secret("01")}:5,`,
    ])
      expect(await send(text), text).to.deep.equal([400, "bad_request"]);
    expect(TOWER).to.equal(tower.address);
  });

  it("[CL-7] answers a humble close with a newer state, and not with an older one", async () => {
    const { contracts, second } = world.chain;
    const humbly = async (of: Channel, seq: number) => {
      const own = { seq, sent: BigInt(seq), ack: 0, locks: [] };
      const [call] = callsOf(contracts, portableCrypto, {
        ...{
          kind: "close",
          key: "",
          params: of.params,
          life: 1,
          own,
          theirs: headAt(0, 0n),
          theirSignature: null,
        },
        humble: true,
      });
      if (call === undefined) throw new Error("a close is one call");
      await transact(second, "closing", call);
    };
    const answered = async () =>
      (await contracts.hashlane.queryFilter(contracts.hashlane.filters.Answered())).map(
        ({ args }) => args.channel,
      );
    const [older, newer] = [60n, 61n].map((salt) => world.channel(salt, { recoveryPeriod: 3600 }));
    if (older === undefined || newer === undefined) throw new Error("two channels were made");
    for (const one of [older, newer]) {
      await world.open(one);
      await world.client(tower, one.signers.A).appoint(world.appointment(one, headAt(5, 5n)));
    }
    await humbly(older, 6);
    await world.lookOften(tower);
    expect(await answered()).to.deep.equal([]);
    await humbly(newer, 4);
    await world.lookUntil(tower, "an answer", async () => (await answered()).length > 0);
    await world.lookOften(tower);
    expect(await answered()).to.deep.equal([newer.channel]);
    expect(await world.sent(), "once").to.equal(1);
  });
});
