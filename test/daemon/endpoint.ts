import { expect } from "chai";

import { parseNodeUri, showNodeUri } from "../../src/daemon/endpoint.ts";
import { must } from "../../src/protocol/checked.ts";

const NODE = `0x${"aa".repeat(20)}`;
const OWNER = `0x${"bb".repeat(20)}`;

describe("the address of a node", () => {
  it("reads as it is shown, with an owner and without", () => {
    for (const text of [
      `${NODE}@127.0.0.1:9735`,
      `${NODE}@[::1]:9735`,
      `${NODE}@node.example:1?owner=${OWNER}`,
    ]) {
      expect(showNodeUri(must(parseNodeUri(text)))).to.equal(text);
    }
    expect(must(parseNodeUri(`${NODE}@127.0.0.1:1`))).to.deep.equal({
      ...{ node: NODE, address: "127.0.0.1:1", owner: null },
    });
  });

  it("is refused with what is wrong in it", () => {
    const problemOf = (text: string): string => {
      const parsed = parseNodeUri(text);
      if (parsed.ok) throw new Error(`${text} was taken`);
      return parsed.problem;
    };
    expect(problemOf("127.0.0.1:1")).to.equal('"127.0.0.1:1" is no NODE@HOST:PORT');
    expect(problemOf(`${NODE}@127.0.0.1:0`)).to.equal("nobody can be reached at port 0");
    expect(problemOf(`${NODE}@127.0.0.1:1?owner=`)).to.match(/^its owner: /);
    expect(problemOf(`${NODE}@127.0.0.1:1?owner=${OWNER}?owner=${OWNER}`)).to.match(/^its owner: /);
    expect(problemOf(`${NODE}@127.0.0.1:1?payee=${OWNER}`)).to.match(/is no HOST:PORT/);
  });
});
