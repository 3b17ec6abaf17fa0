import { expect } from "chai";
import { showAppointment } from "../../src/api/tower-fields.ts";
import { createCertificate } from "../../src/transport/certificate.ts";
import { lookAtTower, TowerClient } from "../../src/daemon/towers/tower-client.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import { readDigest, type Appointment } from "../../src/protocol/tower.ts";
import type { Address, Hex } from "../../src/protocol/types.ts";
import type { Tower } from "../../src/tower/tower.ts";
import type { Channel } from "../chain/chain-world.ts";
import { headAt, refusalOf, TOWER, TowerWorld } from "./tower-world.ts";

const STATE = headAt(8, 700n, 4);
const STRANGER = createPortableSigner(new Uint8Array(32).fill(0x55));

describe("what a tower takes", function () {
  this.timeout(60_000);
  let world: TowerWorld;
  let channel: Channel;

  before(async () => {
    world = await TowerWorld.create();
    channel = await world.open();
  });
  afterEach(async () => {
    for (const tower of [...world.towers]) await world.end(tower);
  });
  after(() => world.stop());

  let names = 0;
  const start = (over: Readonly<Record<string, unknown>> = {}) => world.start(over, `desk-${names++}`);
  const bring = (tower: Tower, appointment: Appointment, of = channel) =>
    world.client(tower, of.signers.A).appoint(appointment);
  const send = async (tower: Tower, method: string, path: string, fields: unknown) => {
    const response = await fetch(`${tower.url}${path}`, { method, body: JSON.stringify(fields) });
    return {
      status: response.status,
      media: response.headers.get("content-type"),
      ...((await response.json()) as object),
    };
  };

  it("is on disk when the receipt comes, which its key signed", async () => {
    const tower = await start();
    const receipt = await bring(tower, world.appointment(channel, STATE));
    expect(receipt.block).to.equal(await world.chain.provider.getBlockNumber());
    expect(receipt.time).to.equal(await world.chain.time());
    expect(tower.store.find(channel.channel, "A")).to.deep.equal(world.appointment(channel, STATE));
    const wrong = await refusalOf(
      world.client(tower, channel.signers.A, STRANGER.address).record(channel.channel, "A"),
    );
    expect(wrong).to.include({ status: 403, code: "wrong_client" });
  });

  it("refuses a receipt of a tower that is not the one that was added", async () => {
    const tower = await start();
    const { domain } = world.chain.contracts;
    const named = STRANGER.address;
    const client = new TowerClient({
      ...{
        url: tower.url,
        tower: named,
        certificate: null,
        signer: channel.signers.A,
        crypto: portableCrypto,
        domain,
      },
    });
    const refused = await refusalOf(client.appoint(world.appointment(channel, STATE, { tower: named })));
    expect(refused).to.include({ status: 403, code: "wrong_client" });
    const taken = await refusalOf(client.appoint(world.appointment(channel, STATE)));
    expect(taken).to.deep.equal({
      status: 502,
      code: "tower_bad_answer",
      values: { url: tower.url, why: `the receipt is not signed by ${named} for what was brought` },
    });
  });

  it("[TOWER-1] is signed by both sides, each of its own part", async () => {
    const tower = await start();
    const good = world.appointment(channel, STATE);
    const expected = { A: channel.params.signerA, B: channel.params.signerB };
    const signer = (digest: unknown) => digest as string;
    const forgedLane = { ...good, signature: world.sign(channel, "A", STATE) };
    const refused = await refusalOf(bring(tower, forgedLane));
    expect(refused).to.deep.equal({
      ...{ status: 403, code: "wrong_payer" },
      values: { signer: expected.A, expected: expected.B },
    });
    const forgedConsent = { ...good, consent: world.appointment(channel, headAt(9, 700n)).consent };
    const other = await refusalOf(bring(tower, forgedConsent));
    expect(other).to.include({ status: 403, code: "wrong_client" });
    expect((other.values as { expected: string }).expected).to.equal(expected.A);
    for (const changed of [
      { ...good, reward: 1n },
      { ...good, state: { ...STATE, sent: 701n } },
      { ...good, state: { ...STATE, ack: 5 } },
      { ...good, params: { ...good.params, salt: 8n } },
      { ...good, life: 2 },
      { ...good, side: "B" as const },
    ]) {
      expect(signer((await refusalOf(bring(tower, changed))).code)).to.match(/^wrong_(payer|client)$/);
    }
    expect(tower.store.records).to.equal(0);
  });

  it("is of a state that is signed at all", async () => {
    const tower = await start();
    const fields = { ...showAppointment(world.appointment(channel, STATE)), seq: 0 };
    const refused = await send(tower, "PUT", "/v1/appointments", fields);
    expect(refused).to.deep.include({ status: 400, code: "bad_request", values: { field: "seq" } });
  });

  it("[TOWER-2] is of a channel that is on chain in this life", async () => {
    const tower = await start();
    const never = world.channel(900n);
    const refused = await refusalOf(bring(tower, world.appointment(never, STATE), never));
    expect(refused).to.deep.equal({
      ...{ status: 404, code: "channel_unknown" },
      values: { channel: never.channel, life: "1", phase: "ended", newest_life: "0" },
    });
    await world.open(never);
    await bring(tower, world.appointment(never, STATE), never);
  });

  it("[TOWER-3] is newer than what is held, or the very same", async () => {
    const tower = await start();
    const first = world.appointment(channel, STATE, { reward: 3n });
    const again = await bring(tower, first);
    expect((await bring(tower, first)).taken).to.equal(again.taken);
    const refused = (state: typeof STATE) => refusalOf(bring(tower, world.appointment(channel, state)));
    expect(await refused(headAt(7, 700n, 4))).to.deep.equal({
      ...{ status: 409, code: "not_newer", values: { seq: "7", held: "8" } },
    });
    expect(await refused(headAt(8, 701n, 4))).to.deep.equal({
      ...{ status: 409, code: "state_taken", values: { seq: "8" } },
    });
    const held = { held_sent: "700", held_ack: "4" };
    expect(await refused(headAt(9, 699n, 4))).to.deep.equal({
      ...{ status: 409, code: "state_falls", values: { ...held, sent: "699", ack: "4" } },
    });
    expect(await refused(headAt(9, 700n, 3))).to.deep.equal({
      ...{ status: 409, code: "state_falls", values: { ...held, sent: "700", ack: "3" } },
    });
    expect(tower.store.find(channel.channel, "A")?.state).to.deep.equal(STATE);
    await bring(tower, world.appointment(channel, STATE, { reward: 4n }));
    expect(tower.store.find(channel.channel, "A")?.reward, "another reward for the same state").to.equal(4n);
    await bring(tower, world.appointment(channel, headAt(9, 700n, 4)));
    expect([tower.store.records, tower.store.find(channel.channel, "A")?.state.seq]).to.deep.equal([1, 9]);
  });

  it("guards both sides of a channel apart", async () => {
    const tower = await start();
    await bring(tower, world.appointment(channel, STATE));
    const client = world.client(tower, channel.signers.B);
    await client.appoint(world.appointment(channel, headAt(2, 5n), { side: "B" }));
    expect(tower.store.records).to.equal(2);
    expect((await client.record(channel.channel, "B"))?.state).to.deep.equal(headAt(2, 5n));
  });

  it("grants the least reward of its token, and is of a channel whose hundredth is as much", async () => {
    const tower = await start({ rewards: { [ZERO_ADDRESS]: "15" } });
    const token = channel.params.token;
    const less = await refusalOf(bring(tower, world.appointment(channel, STATE, { reward: 14n })));
    expect(less).to.deep.equal({
      ...{ status: 409, code: "reward_too_small", values: { token, reward: "14", least: "15" } },
    });
    await bring(tower, world.appointment(channel, STATE, { reward: 15n }));
    const small = await world.open(world.channel(901n), { A: 1499n, B: 0n });
    const refused = await refusalOf(bring(tower, world.appointment(small, STATE, { reward: 15n }), small));
    expect(refused).to.deep.equal({
      ...{ status: 409, code: "reward_too_small" },
      values: { token, reward: "15", least: "15", payable: "14" },
    });
    const enough = await world.open(world.channel(902n), { A: 1499n, B: 1n });
    await bring(tower, world.appointment(enough, STATE, { reward: 15n }), enough);
    const other = world.channel(903n, { token: STRANGER.address });
    const foreign = await refusalOf(bring(tower, world.appointment(other, STATE), other));
    expect(foreign).to.deep.equal({
      ...{ status: 403, code: "token_not_guarded", values: { token: STRANGER.address, reward: "0" } },
    });
  });

  it("[TOWER-2] is within the channels of one client, and of all", async () => {
    const [first, second, third] = [world.channel(910n), world.channel(911n), world.channel(912n)];
    for (const one of [first, second, third]) await world.open(one);
    const tower = await start({ recordsOfClient: 2, mostRecords: 3 });
    for (const one of [first, second]) await bring(tower, world.appointment(one, STATE), one);
    const refused = await refusalOf(bring(tower, world.appointment(third, STATE), third));
    expect(refused).to.deep.equal({
      ...{ status: 429, code: "too_many_channels" },
      values: { client: channel.params.signerA, held: "2", most: "2" },
    });
    await bring(tower, world.appointment(first, headAt(9, 701n, 4)), first);
    const client = world.client(tower, third.signers.B);
    await client.appoint(world.appointment(third, STATE, { side: "B" }));
    const full = await refusalOf(client.appoint(world.appointment(first, STATE, { side: "B" })));
    expect(full).to.deep.equal({ status: 503, code: "tower_full", values: { most: "3" } });
  });

  it("is within the bytes of one client, who may go on when some are left again", async () => {
    const at = (seq: number) => world.appointment(channel, headAt(seq, 7n));
    const tower = await start({ clientBytesPerSecond: JSON.stringify(showAppointment(at(1))).length });
    for (let seq = 1; seq <= 5; seq++) await bring(tower, at(seq));
    const values = { client: channel.params.signerA, seconds: "1" };
    const tooFast = { status: 429, code: "too_fast", values };
    expect(await refusalOf(bring(tower, at(6)))).to.deep.equal(tooFast);
    world.clock += 999;
    expect(await refusalOf(bring(tower, at(6)))).to.deep.equal(tooFast);
    world.clock += 1;
    await bring(tower, at(6));
  });

  it("is within the calls of one address", async () => {
    const tower = await start({ addressCallsPerSecond: 1 });
    for (let calls = 0; calls < 5; calls++)
      expect((await send(tower, "POST", "/v1/challenges", {})).status).to.equal(200);
    const refused = await send(tower, "POST", "/v1/challenges", {});
    expect(refused).to.deep.include({
      ...{ status: 429, code: "too_fast", media: "application/problem+json", values: { seconds: "1" } },
    });
    world.clock += 1000;
    expect((await send(tower, "POST", "/v1/challenges", {})).status).to.equal(200);
  });

  it("tells callers apart behind a proxy, by what the proxy itself wrote", async () => {
    const tower = await start({ addressCallsPerSecond: 1, behindProxy: true });
    const ask = async (from: string) =>
      (await fetch(`${tower.url}/v1/info`, { headers: { "x-forwarded-for": from } })).status;
    for (let calls = 0; calls < 5; calls++) expect(await ask(`6.6.6.${calls}, 10.0.0.1`)).to.equal(200);
    expect(await ask("6.6.6.9, 10.0.0.1")).to.equal(429);
    expect(await ask("10.0.0.1, 10.0.0.2")).to.equal(200);
  });

  it("is refused with what is no field, no number in bounds, too long, or elsewhere", async () => {
    const tower = await start();
    const fields = showAppointment(world.appointment(channel, STATE));
    const cases: readonly (readonly [object, string])[] = [
      [{ salt: "22300745198530623141535718272648361505980416" }, "salt"],
      [{ sent: "340282366920938463463374607431768211456" }, "sent"],
      [{ reward: "-1" }, "reward"],
      [{ life: 0 }, "life"],
      [{ life: 2 ** 20 }, "life"],
      [{ challengePeriod: 2 ** 40 }, "challengePeriod"],
      [{ side: "C" }, "side"],
      [{ signature: `0x${"00".repeat(64)}` }, "signature"],
      [{ locksRoot: "0x00" }, "locksRoot"],
      [{ ownerA: `0x${"zz".repeat(20)}` }, "ownerA"],
    ];
    for (const [change, field] of cases) {
      const refused = await send(tower, "PUT", "/v1/appointments", { ...fields, ...change });
      expect(refused, field).to.deep.include({ status: 400, code: "bad_request", values: { field } });
    }
    const large = await send(tower, "PUT", "/v1/appointments", { ...fields, sent: "1".repeat(16_384) });
    expect(large).to.deep.include({ status: 413, code: "too_large" });
    expect(await send(tower, "PUT", "/v1/channels", {})).to.deep.include({
      status: 404,
      code: "unknown_path",
    });
    expect(await send(tower, "PUT", "/v1/challenges", {})).to.deep.include({
      status: 405,
      code: "wrong_method",
    });
  });

  it("[TOWER-4] is given back to its client alone, for one challenge each", async () => {
    const tower = await start();
    const appointment = world.appointment(channel, STATE, { reward: 2n });
    await bring(tower, appointment);
    const { state, signature, reward, consent } = appointment;
    const own = await world.client(tower, channel.signers.A).record(channel.channel, "A");
    expect(own).to.deep.equal({ state, signature, reward, consent });
    expect(await world.client(tower, channel.signers.B).record(channel.channel, "B")).to.equal(null);
    expect(await refusalOf(world.client(tower, STRANGER).record(channel.channel, "A"))).to.deep.equal({
      ...{ status: 403, code: "wrong_client" },
      values: { signer: STRANGER.address, expected: channel.params.signerA },
    });
    const ask = (challenge: Hex, at: Address = TOWER) => {
      const { domain } = world.chain.contracts;
      const digest = readDigest(portableCrypto, domain, { tower: at, channel: channel.channel, challenge });
      const query = new URLSearchParams({ side: "A", challenge, signature: channel.signers.A.sign(digest) });
      return fetch(`${tower.url}/v1/appointments/${channel.channel}?${query.toString()}`).then(
        async (response) => {
          const { code } = (await response.json()) as { readonly code?: string };
          return [response.status, code ?? null];
        },
      );
    };
    const fresh = async () =>
      ((await (await fetch(`${tower.url}/v1/challenges`, { method: "POST" })).json()) as { challenge: Hex })
        .challenge;
    const challenge = await fresh();
    expect(await ask(challenge)).to.deep.equal([200, null]);
    expect(await ask(challenge), "said again").to.deep.equal([403, "challenge_wrong"]);
    expect(await ask(`0x${"11".repeat(32)}`), "made up").to.deep.equal([403, "challenge_wrong"]);
    expect(await ask(await fresh(), STRANGER.address), "for another tower").to.deep.equal([
      403,
      "wrong_client",
    ]);
    const [old, late] = [await fresh(), await fresh()];
    world.clock += 59_999;
    expect(await ask(old)).to.deep.equal([200, null]);
    world.clock += 1;
    expect(await ask(late), "a minute old").to.deep.equal([403, "challenge_wrong"]);
  });

  it("is told what the tower asks for, over TLS with its own certificate too", async () => {
    const over = { rewards: { [ZERO_ADDRESS]: "15" }, recordSeconds: 77 };
    const tls = await createCertificate();
    const tower = await world.start({ ...over, tls: true }, "tls", tls);
    const { info, tower: address, certificate } = await lookAtTower(tower.url);
    expect([address, certificate?.trim().replaceAll("\r", "")]).to.deep.equal([
      TOWER,
      tls.certificate.trim().replaceAll("\r", ""),
    ]);
    expect(info).to.deep.include({ rewards: { [ZERO_ADDRESS]: "15" }, recordSeconds: 77 });
    expect(info.limits).to.deep.equal({ records: 1000, witnesses: 64, bytesPerSecond: 20_000 });
    const { domain } = world.chain.contracts;
    const place = { url: tower.url, tower: TOWER, signer: channel.signers.A, crypto: portableCrypto, domain };
    const appointment = world.appointment(channel, STATE, { reward: 15n });
    await new TowerClient({ ...place, certificate }).appoint(appointment);
    const other = (await createCertificate()).certificate;
    const refused = await refusalOf(new TowerClient({ ...place, certificate: other }).appoint(appointment));
    expect(refused).to.include({ status: 503, code: "tower_unreachable" });
  });

  it("shows figures of no single client", async () => {
    const tower = await start();
    await bring(tower, world.appointment(channel, STATE));
    const text = await (await fetch(`${tower.url}/metrics`)).text();
    expect(text).to.include("\nhashlane_tower_records 1\n");
    expect(text).to.include('\nhashlane_tower_calls_total{call="appoint 200"} 1\n');
    expect(text.toLowerCase()).to.not.include(channel.params.signerA.slice(2));
    expect(await (await fetch(`${tower.url}/healthz`)).json()).to.deep.equal({ status: "ok" });
  });
});
