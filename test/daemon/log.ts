import { expect } from "chai";
import { createLogger, SECRET_NAMES, type Logger } from "../../src/daemon/log.ts";

const FORMATS = ["json", "pretty"] as const;

function linesOf(format: (typeof FORMATS)[number], work: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  work(createLogger(format, (line) => lines.push(line)));
  return lines;
}

describe("the daemon's log", () => {
  it("is one JSON object for each entry", () => {
    const lines = linesOf("json", (logger) => {
      logger.info("up", { chain: 31337n, port: 1, isNew: true, uri: "a\nb" });
      logger.warn("careful");
      logger.error("broken", { reason: "so" });
    });
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const at = entries.map((entry) => entry.at);
    for (const time of at) expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(entries).to.deep.equal([
      { level: "info", at: at[0], chain: "31337", port: 1, isNew: true, uri: "a\nb", text: "up" },
      { level: "warn", at: at[1], text: "careful" },
      { level: "error", at: at[2], reason: "so", text: "broken" },
    ]);
    for (const line of lines) expect(line).not.to.include("\n");
  });

  it("is one line of text for each entry, whatever a peer wrote into it", () => {
    const [line, ...others] = linesOf("pretty", (logger) =>
      logger.warn("dropped: x\n12:00:00 info  the node is up\u001b[2J", { from: "a\r\nb", port: 1 }),
    );
    expect(others).to.deep.equal([]);
    expect(line).to.match(
      /^\d\d:\d\d:\d\d warn {2}dropped: x 12:00:00 info {2}the node is up \[2J from=a {2}b port=1$/,
    );
  });

  for (const format of FORMATS) {
    it(`shows no value under the name of a secret, as ${format}`, () => {
      for (const name of SECRET_NAMES) {
        const [line = ""] = linesOf(format, (logger) =>
          logger.info("made", { before: "shown", [name]: "0x5ec2e7", after: "too" }),
        );
        expect(line, name).not.to.include("5ec2e7");
        for (const part of ["shown", "too", "[hidden]", name]) expect(line).to.include(part);
      }
    });

    it(`shows no name and password of a URL, as ${format}`, () => {
      const [line = ""] = linesOf(format, (logger) =>
        logger.warn("no answer of https://me:pass1@chain.example/v1", {
          reason: "GET wss://pass2@b.example",
        }),
      );
      expect(line).not.to.match(/pass\d|me:/);
      expect(line).to.include("https://[hidden]@chain.example/v1");
      expect(line).to.include("wss://[hidden]@b.example");
    });

    it(`keeps the address of a node, as ${format}`, () => {
      const uri = `0x${"ab".repeat(20)}@127.0.0.1:9735`;
      expect(linesOf(format, (logger) => logger.info("up", { uri }))[0]).to.include(uri);
    });
  }
});
