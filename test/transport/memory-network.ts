import { must, parseAddress } from "../../src/protocol/checked.ts";
import { createMemoryNetwork } from "../../src/transport/memory-network.ts";
import { describeTransport } from "./transport-suite.ts";

describeTransport("memory", () => {
  const network = createMemoryNetwork();
  return { create: (node) => network.createTransport(must(parseAddress(`0x${"00".repeat(19)}0${node}`))) };
});
