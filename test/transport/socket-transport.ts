import { createSocketWorld, loadOnce } from "./socket-world.ts";
import { describeTransport } from "./transport-suite.ts";

before(loadOnce);

describeTransport("WebSockets over TLS", () => createSocketWorld("tls"));
describeTransport("plain WebSockets", () => createSocketWorld("plain"));
