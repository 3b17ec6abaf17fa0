import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expectRefusal, silentUrl, STORY_TIMEOUT_MS } from "./run-story.ts";

const AMOUNT_OPTION: Readonly<Record<string, string>> = {
  "pay-multihop": "--amount",
  "stream-video": "--price",
  "punish-cheater": "--price",
  "hash-timelock": "--amount",
  "silent-hop": "--amount",
};

const MONEY_OPTION: Readonly<Record<string, string>> = {
  "pay-multihop": "--deposit",
  "stream-video": "--deposit",
  "punish-cheater": "--deposit",
  "hash-timelock": "--amount",
  "silent-hop": "--deposit",
};

describe("what every story refuses", function () {
  this.timeout(STORY_TIMEOUT_MS);

  for (const [story, option] of Object.entries(AMOUNT_OPTION)) {
    describe(story, () => {
      it("an unknown option", () =>
        expectRefusal(story, ["--nonsense"], "error: unknown option '--nonsense'"));

      it("an argument that is no option", () =>
        expectRefusal(story, ["nonsense"], /^error: too many arguments/));

      it("an amount that is none", () =>
        expectRefusal(
          story,
          [option, "1,5"],
          `The story stopped: ${option} 1,5 is no amount of ETH. ` +
            "Write a decimal number with at most 18 places, such as 0.5.",
        ));

      it("the amount 0", () =>
        expectRefusal(story, [option, "0"], `The story stopped: ${option} is 0. Write an amount above 0.`));

      it("an unknown network", () =>
        expectRefusal(
          story,
          ["--network", "mars"],
          "The story stopped: --network mars is unknown. Use in-process, localhost, or the URL of a development chain.",
        ));

      it("a chain that is not there", async () => {
        const url = await silentUrl();
        await expectRefusal(
          story,
          ["--network", url],
          /^The story stopped: no chain answers at http:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\)\. Start one in another terminal with `npx hardhat node --hostname 127\.0\.0\.1`, or leave out --network\.$/,
        );
      });

      it("a server that is no chain", async () => {
        const server = createServer((_, response) => response.writeHead(404).end("nothing here"));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        try {
          await expectRefusal(
            story,
            ["--network", `http://127.0.0.1:${port}`],
            /^The story stopped: no chain answers at http:\/\/127\.0\.0\.1:\d+ \(server response 404 .*\)\. /,
          );
        } finally {
          await new Promise((resolve) => server.close(resolve));
        }
      });

      it("more than the chain's funded account has", () =>
        expectRefusal(
          story,
          [MONEY_OPTION[story] ?? "", "20000"],
          /^The story stopped: [A-Z][a-z]+ needs [24]0001\.000 ETH, but the chain's funded account has only 9999\.\d+ ETH\. Use smaller amounts, or start a new chain\.$/,
        ));
    });
  }
});
