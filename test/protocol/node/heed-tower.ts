import { expect } from "chai";
import { answerDigest } from "../../../src/protocol/eip712.ts";
import type { Command } from "../../../src/protocol/inputs.ts";
import { bodyOf, headOf, stateBody } from "../../../src/protocol/locks.ts";
import type { SignedState } from "../../../src/protocol/messages.ts";
import type { ChannelId, LaneLock, LaneState } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { addressOf, DOMAIN } from "../lane-pair.ts";
import { ETH, type Network, type Peer, runUntilEnded } from "./network.ts";
import {
  catchUp,
  direct,
  handOver,
  loseData,
  pair,
  type Recover,
  say,
  signedBy,
  whyDropped,
} from "./recovery-world.ts";

const TOWER = addressOf(0x77);
const LOCK: LaneLock = {
  id: 1,
  lock: { kind: "hash", amount: 1n, expiry: 9_000_000_000, hash: `0x${"12".repeat(32)}` as never },
};

/** What a tower gives back of what `client` had brought it. */
function recordOf(
  client: Peer,
  channel: ChannelId,
  { state, signature }: SignedState,
): Extract<Command, { kind: "heedTower" }> {
  const head = headOf(fastCrypto, state);
  const answer = { channel, seq: head.seq, body: bodyOf(fastCrypto, head), tower: TOWER, reward: 3n };
  const consent = fastSigner(client.id).sign(answerDigest(fastCrypto, DOMAIN, answer));
  return { kind: "heedTower", channel, tower: TOWER, state: head, signature, reward: 3n, consent };
}

/** That the payer might have signed. */
function made(net: Network, payer: Peer, channel: ChannelId, state: LaneState): SignedState {
  net.bodies.set(`${channel} ${payer.id} ${state.seq}`, stateBody(fastCrypto, state));
  return signedBy(payer, channel, state);
}

function newestOf(net: Network, payer: Peer, channel: ChannelId): SignedState {
  return signedBy(payer, channel, net.channelOf(payer, channel).own.newest);
}

/** Wang goes on from an older copy of his store; Alice is not connected. */
function copied() {
  const made = pair();
  const { net, wang, alice, id } = made;
  const copy = wang.state;
  direct(net, wang, id, 13n);
  direct(net, alice, id, 17n);
  const record = recordOf(wang, id, newestOf(net, alice, id));
  net.disconnect(wang, alice);
  wang.state = copy;
  net.run(wang, [{ kind: "disconnected", peer: alice.id }]);
  return { ...made, record };
}

const refusals = (net: Network, peer: Peer) =>
  net.noticesOf(peer, "commandRefused").map(({ refusal }) => [refusal.code, refusal.message]);

describe("node: what a tower proves [TOWER-4]", () => {
  it("[REC-6] marks all channels of an older store before a peer is there, and they close with what is newest", () => {
    const { net, wang, alice, id, record } = copied();
    const known = net.channelOf(wang, id).held.newest.seq;
    net.command(wang, record);
    const why = `a tower holds state ${record.state.seq} of the peer's lane, which we had accepted, and this store knows ${known}`;
    expect(net.channelOf(wang, id).phase).to.deep.include({ kind: "frozen", why });
    expect(net.channelOf(wang, id).lost?.tower).to.deep.equal(record.state);
    net.connect(wang, alice);
    net.settle();
    runUntilEnded(net, id);
    // Each brought 10 ETH; 5, 7 and 13 went to Alice, 2, 11 and 17 to Wang.
    expect([net.wealth(wang), net.wealth(alice)]).to.deep.equal([10n * ETH + 5n, 10n * ETH - 5n]);
    expect(net.noticesOf(wang, "channelEnded").map(({ how }) => how)).to.deep.equal(["cooperative"]);
  });

  it("says nothing new by a state that is known, nor by one before", () => {
    const { net, wang, alice, id } = pair();
    const before = newestOf(net, alice, id);
    net.command(wang, recordOf(wang, id, before));
    direct(net, alice, id, 17n);
    net.command(wang, recordOf(wang, id, before));
    net.command(wang, recordOf(wang, id, newestOf(net, alice, id)));
    expect(net.channelOf(wang, id)).to.deep.include({ lost: null, phase: { kind: "open" } });
    expect(refusals(net, wang)).to.deep.equal([]);
  });

  it("proves loss by an acknowledgement of what this store did not sign, too", () => {
    const { net, wang, alice, id } = pair();
    const { newest } = net.channelOf(alice, id).own;
    const { seq } = net.channelOf(wang, id).own.newest;
    const at = (ack: number) => recordOf(wang, id, signedBy(alice, id, { ...newest, ack }));
    net.command(wang, at(seq));
    expect(net.channelOf(wang, id).lost).to.equal(null);
    net.command(wang, at(seq + 1));
    expect(net.channelOf(wang, id).lost).to.not.equal(null);
  });

  it("is refused if the peer did not sign the state, or we not its Answer", () => {
    const { net, wang, alice, id, record } = copied();
    const { seq } = record.state;
    const other = `0x${"ab".repeat(32)}` as ChannelId;
    net.command(wang, { ...record, state: { ...record.state, sent: record.state.sent + 1n } });
    net.command(wang, { ...record, reward: 4n });
    net.command(wang, recordOf(alice, id, newestOf(net, alice, id)));
    net.command(wang, { ...record, channel: other });
    const next = "remove the tower if it goes on";
    const notOurs = `nothing was heeded: the Answer of state ${seq} for tower ${TOWER} is not signed by ${wang.id}; ${next}`;
    expect(refusals(net, wang)).to.deep.equal([
      [
        "tower_record_wrong",
        `nothing was heeded: state ${seq} of the peer's lane is not signed by ${alice.id}; ${next}`,
      ],
      ["tower_record_wrong", notOurs],
      ["tower_record_wrong", notOurs],
      [
        "unknown_channel",
        `nothing was heeded: this node has no channel ${other.slice(0, 10)}; list the channels`,
      ],
    ]);
    expect(net.channelOf(wang, id).lost).to.equal(null);
  });

  describe("of a node that was restored", () => {
    /** Wang was restored; Alice says what the test has her say. */
    function restored() {
      const made = pair();
      const { net, wang, alice, id, backup } = made;
      const old = handOver(net, alice, wang, id);
      direct(net, alice, id, 17n);
      const truth = handOver(net, alice, wang, id);
      if (old.own === null || truth.own === null) throw new Error("Alice has signed");
      loseData(net, wang, backup);
      catchUp(net, wang);
      net.mustLink(wang.id, alice.id).connected = true;
      net.run(wang, [{ kind: "connected", peer: alice.id }]);
      const tell = (change: Partial<Recover>) => say(net, wang, alice, { ...truth, ...change });
      const handed = () => net.channelOf(wang, id).lost?.handed;
      return { ...made, old: old.own, truth: truth.own, tell, handed };
    }

    it("[REC-4] holds the peer to the state that a tower shows", () => {
      const { net, wang, id, old, truth, tell, handed } = restored();
      net.command(wang, recordOf(wang, id, truth));
      tell({ own: old });
      const { seq } = truth.state;
      const problem = `the peer shows its state ${old.state.seq}, and a tower holds state ${seq}`;
      const waiting = `waiting for the newest states of channel ${id}`;
      expect([whyDropped(net, wang), handed()]).to.deep.equal([[`[REC-4] ${problem}; ${waiting}`], false]);
      tell({});
      expect(handed()).to.equal(true);
    });

    it("takes a state without locks as if the peer had shown it, unless it acknowledges what is hidden", () => {
      const { net, wang, alice, id } = restored();
      const { own, held } = net.channelOf(wang, id);
      const at = (ack: number, seq: number) => made(net, alice, id, { ...held.newest, seq, ack });
      net.command(wang, recordOf(wang, id, at(own.newest.seq + 1, 50)));
      expect(net.channelOf(wang, id).held.newest).to.deep.equal(held.newest);
      const whole = at(own.newest.seq, 51);
      net.command(wang, recordOf(wang, id, whole));
      expect(net.channelOf(wang, id).held).to.deep.include({
        newest: whole.state,
        signature: whole.signature,
      });
    });

    it("[REC-4] holds the peer to a state of which only the root of its list is known", () => {
      const { net, wang, alice, id, truth, tell, handed } = restored();
      const before = net.channelOf(wang, id).held.newest;
      const own = made(net, alice, id, { ...truth.state, seq: truth.state.seq + 1, locks: [LOCK] });
      net.command(wang, recordOf(wang, id, own));
      expect(net.channelOf(wang, id).held.newest).to.deep.equal(before);
      tell({});
      tell({
        own: made(net, alice, id, { ...own.state, seq: own.state.seq + 1, sent: own.state.sent - 1n }),
      });
      tell({ own: made(net, alice, id, { ...own.state, seq: own.state.seq + 1, ack: own.state.ack - 1 }) });
      expect([whyDropped(net, wang).length, handed()]).to.deep.equal([3, false]);
      tell({ own });
      expect([whyDropped(net, wang).length, handed()]).to.deep.equal([3, true]);
    });

    it("asks the peer again if a tower shows that its hand-over was not the newest", () => {
      const { net, wang, alice, id, truth, tell, handed } = restored();
      tell({ own: made(net, alice, id, { ...truth.state, locks: [LOCK] }) });
      expect(handed()).to.equal(true);
      const newer = made(net, alice, id, { ...truth.state, seq: truth.state.seq + 1 });
      const { outputs } = net.command(wang, recordOf(wang, id, newer));
      expect(handed()).to.equal(false);
      const asked = outputs.filter((output) => output.kind === "send" && output.message.kind === "recover");
      expect(asked).to.have.lengthOf(1);
    });
  });
});
