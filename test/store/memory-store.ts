import { createMemoryStore } from "../../src/store/memory-store.ts";
import { describeStore } from "./log-suite.ts";

describeStore("memory", () => Promise.resolve(createMemoryStore()));
