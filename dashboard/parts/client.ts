import { ExplorerClient } from "../../src/client/explorer-client.ts";

/** Of the server that this page came from, and of no other. */
export const explorer = new ExplorerClient("");
