import { createSocketWorld, loadOnce } from "./socket-world.ts";
import { describeTransport } from "./transport-suite.ts";

before(loadOnce);

describeTransport("sockets", createSocketWorld);
