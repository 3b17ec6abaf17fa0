import { expect } from "chai";

import { consultTowers } from "../../src/daemon/towers/consult.ts";
import type { Known } from "../../src/node/guarded.ts";
import type { HashlaneNode, TowerProof } from "../../src/node/hashlane-node.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../../src/protocol/checked.ts";
import { laneDigest } from "../../src/protocol/eip712.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import { nameAppointment, type Appointment } from "../../src/protocol/tower.ts";
import type { LocksRoot, Params, Signature } from "../../src/protocol/types.ts";
import { DOMAIN } from "../protocol/lane-pair.ts";
import { FakeTower } from "./fake-tower.ts";

const signerOf = (byte: number) => createPortableSigner(new Uint8Array(32).fill(byte));
const [ours, peer] = [signerOf(0xa1), signerOf(0xb1)];
const NOTHING = `0x${"01".repeat(64)}` as Signature;

describe("asking towers before a node says anything [TOWER-4]", () => {
  let fake: FakeTower;
  let heeded: TowerProof[];
  let warned: string[];

  beforeEach(async () => {
    fake = new FakeTower(DOMAIN);
    await fake.start();
    [heeded, warned] = [[], []];
  });
  afterEach(() => fake.stop());

  function known(salt: bigint): Known {
    const params: Params = {
      ...{ ownerA: ours.address, ownerB: peer.address, signerA: ours.address, signerB: peer.address },
      ...{ token: ZERO_ADDRESS, challengePeriod: 60, recoveryPeriod: 0, salt },
    };
    const channel = channelId(portableCrypto, paramsId(portableCrypto, DOMAIN, params), 1);
    return { channel, params, life: 1, side: "A", heldSeq: 5, ownSeq: 3, isLost: false };
  }

  /** As we had brought it. */
  function hold({ channel, params }: Known, seq: number, ack = 0): Appointment {
    const state = { seq, ack, sent: 7n, locksRoot: ZERO_WORD as LocksRoot };
    const bare = {
      params,
      life: 1,
      side: "A",
      state,
      signature: NOTHING,
      reward: 1n,
      consent: NOTHING,
    } as const;
    const { body, answer } = nameAppointment(portableCrypto, DOMAIN, fake.signer.address, bare);
    const signature = peer.sign(laneDigest(portableCrypto, DOMAIN, channel, seq, body));
    const appointment = { ...bare, signature, consent: ours.sign(answer) };
    fake.records.set(channel, appointment);
    return appointment;
  }

  function consult(
    channels: readonly Known[],
    { isRestored = false, acceptsLoss = false } = {},
  ): Promise<void> {
    const node = {
      guarded: { known: () => channels, isRestored: () => isRestored },
      heedTower: (proof: TowerProof) => Promise.resolve(void heeded.push(proof)),
    } as unknown as HashlaneNode;
    const tower = { tower: fake.signer.address, url: fake.url, certificate: null };
    const gone = { tower: ZERO_ADDRESS, url: "http://127.0.0.1:1", certificate: null };
    return consultTowers(node, {
      ...{ towers: [gone, tower], signer: ours, crypto: portableCrypto, domain: DOMAIN, acceptsLoss },
      warn: (text) => warned.push(text),
    });
  }

  const refusalOf = async (asked: Promise<void>): Promise<HashlaneError> => {
    try {
      await asked;
    } catch (thrown) {
      if (thrown instanceof HashlaneError) return thrown;
      throw thrown;
    }
    throw new Error("it was not refused");
  };

  it("finds nothing in states that are known, and in towers that do not answer", async () => {
    const [one, other] = [known(1n), known(2n)];
    hold(one, 5, 3);
    await consult([one, other]);
    expect(heeded).to.deep.equal([]);
    expect(warned).to.deep.equal(["a tower could not be asked for newer states"]);
  });

  for (const [what, seq, ack] of [
    ["a newer state of the peer's lane", 6, 0],
    ["an acknowledgement of a newer state of ours", 5, 4],
  ] as const) {
    it(`keeps a node from starting by ${what}`, async () => {
      const one = known(1n);
      hold(one, seq, ack);
      const refused = await refusalOf(consult([known(2n), one]));
      const { channel } = one;
      expect([refused.code, refused.parts?.given]).to.deep.equal([
        "store_older",
        { channel, known_state: 5, accepted_state: seq, tower: fake.signer.address },
      ]);
      expect(heeded).to.deep.equal([]);
    });
  }

  for (const word of [{ isRestored: true }, { acceptsLoss: true }]) {
    it(`tells the node of all of them if ${Object.keys(word)[0] ?? ""}`, async () => {
      const channels = [1n, 2n, 3n].map(known);
      const [first, , third] = channels;
      if (first === undefined || third === undefined) throw new Error("three were made");
      const { state, signature, reward, consent } = hold(first, 6);
      hold(third, 9);
      await consult(channels, word);
      const { channel } = first;
      expect(heeded).to.have.lengthOf(2);
      expect(heeded[0]).to.deep.equal({
        channel,
        tower: fake.signer.address,
        state,
        signature,
        reward,
        consent,
      });
    });
  }

  it("believes nothing that we had not signed, nor the peer", async () => {
    const [one, other] = [known(1n), known(2n)];
    fake.records.set(one.channel, { ...hold(one, 6), consent: hold(one, 7).consent });
    fake.records.set(other.channel, { ...hold(other, 6), signature: hold(other, 7).signature });
    await consult([one, other]);
    const forged = "a tower gave back what was never brought to it";
    expect(warned.filter((text) => text === forged)).to.have.lengthOf(2);
  });
});
